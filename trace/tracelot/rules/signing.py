"""Grave acts: what their actor signs anew, and what each signature means (21 CFR 11.50, 11.200)."""

from dataclasses import dataclass
from typing import Literal

Factor = Literal["password", "code", "recovery", "key", "store"]


@dataclass(frozen=True)
class Meaning:
    """The sentence that a signature stands under, in both languages; it is kept with the signature."""

    en: str
    zh: str


# By the act as the journal names it. What stands here cannot be recorded without a signature.
GRAVE: dict[str, Meaning] = {
    "recall.published": Meaning(
        "I have read this notice and make this recall public in the name of my enterprise.",
        "本人已通读本公告，并以本企业名义公开发布本次召回。",
    ),
    "recall.drill-begun": Meaning(
        "I have read this notice and begin this drill in the name of my enterprise. Nothing of it becomes public.",
        "本人已通读本公告，并以本企业名义开始本次召回演练，其内容不对外公开。",
    ),
    "party.verified": Meaning(
        "I have compared this party's details with its licences and confirm who it is.",
        "本人已将该参与方的资料与其证照核对，确认其身份。",
    ),
    "party.rejected": Meaning(
        "I refuse this party, for the reason that I have stated.",
        "本人拒绝确认该参与方，理由如所述。",
    ),
    "member.disabled": Meaning(
        "I shut this colleague's account, for the reason that I have stated.",
        "本人停用该同事的账号，理由如所述。",
    ),
    "member.factor-reset": Meaning(
        "I have made sure who asks, and take the second factor off this account.",
        "本人已核实请求人身份，解除该账号的双重验证。",
    ),
    "key.issued": Meaning(
        "I let a program act in my party's name with this key.",
        "本人授权程序凭此密钥代表本单位操作。",
    ),
    "key.rotated": Meaning(
        "I put a new key in the place of this one, which soon stops working.",
        "本人以新密钥接替此密钥，旧密钥届时失效。",
    ),
    "key.revoked": Meaning(
        "I stop this key at once, for the reason that I have stated.",
        "本人立即停用此密钥，理由如所述。",
    ),
    "party.archived": Meaning(
        "I close the doors of this party, for the reason that I have stated.",
        "本人将该参与方归档，理由如所述。",
    ),
    "party.reopened": Meaning(
        "I open this party again, for the reason that I have stated.",
        "本人恢复该参与方，理由如所述。",
    ),
    "person.pseudonymised": Meaning(
        "I erase who this person was, on the basis that I have named. It cannot be undone.",
        "本人依所选依据抹去此人的个人信息，此操作不可撤销。",
    ),
    "party.secured": Meaning(
        "I change how all people of my party must sign in.",
        "本人更改本单位全体人员的登录要求。",
    ),
}
