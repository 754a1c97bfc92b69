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
    "recall.extended": Meaning(
        "I give this recall more time in the name of my office, for the reason stated; it is made public.",
        "本人代表本单位同意延长该召回的时限，理由如所述，并予公布。",
    ),
    "recall.extension-refused": Meaning(
        "I refuse this recall more time in the name of my office, for the reason that I have stated.",
        "本人代表本单位不同意延长该召回的时限，理由如所述。",
    ),
    "recall.scope-widened": Meaning(
        "I recall these further batches in the name of my enterprise, from now on.",
        "本人以本企业名义自即刻起追加召回这些批次。",
    ),
    "recall.scope-narrowed": Meaning(
        "I take these batches out of the published recall, for the reason that I have stated.",
        "本人将这些批次移出已公布的召回，理由如所述。",
    ),
    "recall.withdrawn": Meaning(
        "I withdraw this published recall, for the reason that I have stated. Its notice stays, and says so.",
        "本人撤回该已公布的召回，理由如所述；公告予以保留，并注明已撤回。",
    ),
    "recall.regraded": Meaning(
        "I change the level of this published recall, for the reason that I have stated.",
        "本人变更该已公布召回的级别，理由如所述。",
    ),
    "recall.drill-begun": Meaning(
        "I have read this notice and begin this drill in the name of my enterprise. Nothing of it becomes public.",
        "本人已通读本公告，并以本企业名义开始本次召回演练，其内容不对外公开。",
    ),
    "batch.hold-lifted": Meaning(
        "I have read the report of the re-test: it overturns what was found, and I lift the hold on this batch.",
        "本人已审阅复检报告：复检结果推翻原结论，同意解除该批次的暂停放行。",
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
    "office.order-recall": Meaning(
        "I order this recall in the name of my office, under the number that I have given.",
        "本人以本机关名义责令实施本次召回，文书编号如所填。",
    ),
    "office.order-stop": Meaning(
        "I order the firm to stop making and selling these goods, in the name of my office.",
        "本人以本机关名义责令该企业停止生产经营所涉产品。",
    ),
    "office.require-report": Meaning(
        "I require a report on this recall from the firm, in the name of my office.",
        "本人以本机关名义要求该企业报告本次召回的进展。",
    ),
    "office.stronger-measures": Meaning(
        "I have found that this recall does not suffice, and order stronger measures.",
        "本人认定本次召回措施不足，责令采取更为有效的措施。",
    ),
    "office.warning": Meaning(
        "I warn the firm in the name of my office, for the reason that I have stated.",
        "本人以本机关名义对该企业予以警告，理由如所述。",
    ),
    "office.site-check": Meaning(
        "I was at the place and saw what I have written down.",
        "本人已到现场检查，所记情况属实。",
    ),
    "office.accept-plan": Meaning(
        "I have read this plan and accept it in the name of my office.",
        "本人已审阅该召回计划，并以本机关名义予以认可。",
    ),
    "office.change-plan": Meaning(
        "I have read this plan and require the changes that I have stated.",
        "本人已审阅该召回计划，要求按所述意见修改。",
    ),
    "office.evaluate": Meaning(
        "I have examined the final report and evaluate this recall as I have written.",
        "本人已审查召回总结报告，评价意见如所述。",
    ),
    "office.close": Meaning(
        "I close this recall: what is to be done is done, or its variance is explained.",
        "本人结束本次召回：应做的均已完成，差异已有书面说明。",
    ),
    "disposal.to-be-watched": Meaning(
        "I will watch this disposal in the name of my office, at the time and place announced.",
        "本人将代表本机关，按所报时间和地点到场监督该处置。",
    ),
    "disposal.witnessed": Meaning(
        "I watched this disposal in the name of my office, and it was done as it is recorded.",
        "本人代表本机关到场监督了该处置，处置情况与记录相符。",
    ),
    "office.change-level": Meaning(
        "I change the level of this recall in the name of my office, for the reason that I have stated.",
        "本人以本机关名义变更该召回的级别，理由如所述。",
    ),
    "office.withdraw": Meaning(
        "I take back the order to recall in the name of my office, for the reason that I have stated.",
        "本人以本机关名义撤销责令召回，理由如所述。",
    ),
    "office.supervise": Meaning(
        "I lay down which office supervises this recall, for the reason that I have stated.",
        "本人指定本次召回的监管机关，理由如所述。",
    ),
    "sampling.reported": Meaning(
        "I issue this report in the name of my laboratory; tester, reviewer and approver are as named.",
        "本人以本检验机构名义出具该检验报告，检验、审核、批准人员如所列。",
    ),
    "sampling.retested": Meaning(
        "I issue this report on the re-test in the name of my laboratory. Its verdict is final.",
        "本人以本检验机构名义出具该复检报告，复检结论为最终结论。",
    ),
    "sampling.noticed": Meaning(
        "I tell this result to the firm in the name of my office.",
        "本人以本机关名义将该检验结论告知该企业。",
    ),
    "sampling.served": Meaning(
        "I confirm that this result was received; the time in which a re-test may be asked for runs from then.",
        "本人确认该检验结论已收到，申请复检的期限自收到时起算。",
    ),
    "sampling.waived": Meaning(
        "I accept this result in the name of my enterprise, which asks for no re-test.",
        "本人以本企业名义认可该检验结论，不申请复检。",
    ),
    "sampling.applied": Meaning(
        "I ask for a re-test in the name of my enterprise, for the reason that I have stated.",
        "本人以本企业名义申请复检，理由如所述。",
    ),
    "sampling.accepted": Meaning(
        "I accept this application for a re-test in the name of my office.",
        "本人以本机关名义受理该复检申请。",
    ),
    "sampling.refused": Meaning(
        "I refuse this application for a re-test in the name of my office, for the reason that I have stated.",
        "本人以本机关名义不予受理该复检申请，理由如所述。",
    ),
    "sampling.settled": Meaning(
        "I decide in the name of my office what follows from the changed report, for the reason that I have stated.",
        "本人以本机关名义就变更后的检验报告作出决定，理由如所述。",
    ),
    "sampling.case-finished": Meaning(
        "I end this follow-up: measures, cause and rectification are on record and were accepted.",
        "本人办结本次核查处置：处置措施、不合格原因和整改情况均已记录并经验收。",
    ),
    "sampling.published": Meaning(
        "I make this result public in the name of my office.",
        "本人以本机关名义公布该抽检结果。",
    ),
    "sampling.withdrawn": Meaning(
        "I take this result out of the public tables, for the reason that I have stated.",
        "本人撤回已公布的该抽检结果，理由如所述。",
    ),
}
