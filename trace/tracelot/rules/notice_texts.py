"""Texts that a notice may begin with: for each cause what is wrong, what it can do, and what to do, in both languages.

They are proposals to be read and rewritten. None plays the danger down (`downplaying`); a test holds them to it.
"""

from dataclasses import dataclass

from tracelot.rules.recalls import TOLD, ReasonCode


@dataclass(frozen=True)
class Both:
    """One sentence or two in Chinese and in English; `{product}` stands for the product's name."""

    zh: str
    en: str


_EAT_NOT = Both(
    "请立即停止食用，并将产品退回购买处，凭包装即可全额退款。",
    "Stop eating it. Return it to where you bought it for a full refund; the package is enough.",
)
_SEE_DOCTOR = Both(
    "请立即停止食用，并将产品退回购买处，凭包装即可全额退款。食用后如有不适，请尽快就医并带上包装。",
    "Stop eating it. Return it to where you bought it for a full refund; the package is enough."
    " If you feel ill after eating it, see a doctor soon and take the package with you.",
)
_ALLERGIC = Both(
    "对该过敏原过敏的人请勿食用。请将产品退回购买处，凭包装即可全额退款。",
    "Do not eat it if you are allergic to this allergen. Return it to where you bought it for a full refund;"
    " the package is enough.",
)

# By cause: what is wrong, what it can do to people, what buyers should do.
_TEXTS: dict[ReasonCode, tuple[Both, Both, Both]] = {
    "microbial": (
        Both("{product}中检出致病微生物或微生物超标。", "Harmful microbes were found in {product}."),
        Both("食用后可能引起呕吐、腹泻、发热；婴幼儿、孕妇、老人和体弱者可能病情严重。",
             "Eating it can cause vomiting, diarrhoea and fever; infants, pregnant women, the old and the weak"
             " can fall gravely ill."),
        _SEE_DOCTOR,
    ),
    "mycotoxin": (
        Both("{product}中真菌毒素超过国家标准限量。", "Mycotoxins in {product} are above the legal limit."),
        Both("长期食用可能损害肝脏、肾脏，并增加患癌风险。",
             "Eating it for long can harm the liver and the kidneys and raises the risk of cancer."),
        _EAT_NOT,
    ),
    "pesticide_residue": (
        Both("{product}中农药残留超过国家标准限量。", "Pesticide residues in {product} are above the legal limit."),
        Both("食用后可能引起头晕、恶心；长期食用可能损害神经系统和肝脏。",
             "Eating it can cause dizziness and nausea; eaten for long it can harm the nerves and the liver."),
        _EAT_NOT,
    ),
    "veterinary_residue": (
        Both("{product}中兽药残留超过国家标准限量。",
             "Residues of veterinary drugs in {product} are above the legal limit."),
        Both("可能引起过敏反应；长期食用可能使人体内的细菌产生耐药性。",
             "It can cause allergic reactions; eaten for long it can make germs in the body resistant to drugs."),
        _EAT_NOT,
    ),
    "heavy_metal": (
        Both("{product}中重金属超过国家标准限量。", "Heavy metals in {product} are above the legal limit."),
        Both("长期食用会在体内蓄积，可能损害肾脏、骨骼和神经系统；儿童和孕妇受害更重。",
             "Eaten for long it builds up in the body and can harm kidneys, bones and nerves; children and pregnant"
             " women suffer more."),
        _EAT_NOT,
    ),
    "additive": (
        Both("{product}中食品添加剂的品种或用量不符合国家标准。",
             "Additives in {product} are of a kind or an amount that the standard does not allow."),
        Both("过量摄入可能引起身体不适；长期食用可能损害健康。",
             "Too much of it can make people unwell; eaten for long it can harm health."),
        _EAT_NOT,
    ),
    "illegal_substance": (
        Both("{product}中检出不得用于食品的物质。", "A substance that must not be in food was found in {product}."),
        Both("食用后可能对健康造成损害。", "Eating it can harm health."),
        _SEE_DOCTOR,
    ),
    "allergen": (
        Both("{product}含有标签上未标明的过敏原。", "{product} contains an allergen that its label does not name."),
        Both("过敏的人食用后可能出现皮疹、呼吸困难，严重时可危及生命。",
             "Whoever is allergic to it can get a rash or difficulty in breathing, and can die of it."),
        _ALLERGIC,
    ),
    "foreign_body": (
        Both("{product}中可能混有异物。", "{product} may contain foreign bodies."),
        Both("食用时可能划伤口腔、牙齿或消化道，或造成噎塞。",
             "Eating it can cut the mouth, break teeth, injure the gut, or choke."),
        _SEE_DOCTOR,
    ),
    "quality": (
        Both("{product}的质量指标不符合标准。", "{product} does not meet its quality standard."),
        Both("变质或不合格的产品食用后可能引起身体不适。", "Eating food that has gone off can make people unwell."),
        _EAT_NOT,
    ),
    "labelling": (
        Both("{product}的标签标示有误。", "The label of {product} says something false."),
        Both("错误的标示可能使人误食或超过保质期食用。",
             "A false label can make people eat what they should not, or eat it too late."),
        _EAT_NOT,
    ),
    "other": (
        Both("{product}存在食品安全问题。", "{product} is not safe to eat."),
        Both("食用后可能损害健康。", "Eating it can harm health."),
        _EAT_NOT,
    ),
}  # fmt: skip


def notice_texts(cause: ReasonCode, product: Both) -> dict[str, str]:
    """The proposed texts by the name of their field: `reason_zh`, `harm_en` and the like."""
    told = dict(zip(TOLD, _TEXTS[cause], strict=True))
    return {f"{part}_zh": text.zh.replace("{product}", product.zh) for part, text in told.items()} | {
        f"{part}_en": text.en.replace("{product}", product.en) for part, text in told.items()
    }


def is_proposal(name: str, text: str, product: Both) -> bool:
    """Whether a field holds nothing but what some cause proposes for it, so that another cause may replace it."""
    return any(notice_texts(cause, product)[name] == text for cause in _TEXTS)
