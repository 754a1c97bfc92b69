"""How the columns of tables of results are called, by laboratories and offices, in Chinese and English."""

import re
import unicodedata
from collections.abc import Mapping

from tracelot.rules.measures import find_measure

# The first name of each is the one that templates bear.
NAMES_ZH: Mapping[str, tuple[str, ...]] = {
    "number": ("序号",),
    "reason": ("原因", "处理办法"),
    "report_no": ("报告编号", "检验报告编号", "检测报告编号", "报告号", "检验报告号", "报告书编号"),
    "sheet_no": ("抽样编号", "抽样单编号", "抽样单号", "样品编号", "样品号", "样本编号"),
    "gtin": ("商品条码", "条码", "条形码", "商品条形码"),
    "product_code": ("产品编码", "产品代码", "货号", "物料编码", "产品编号"),
    "product_name": ("产品名称", "食品名称", "样品名称", "样品", "产品", "品名", "名称"),
    "batch_code": ("批次号", "批号", "批次", "生产批号", "产品批号", "生产批次", "样品批号"),
    "production_date": ("生产日期", "生产加工日期", "加工日期"),
    "date_or_batch": ("生产日期批号", "生产日期或批号", "生产日期购进日期批号", "批号生产日期", "生产批号日期"),
    "spec": ("规格型号", "规格"),
    "brand": ("商标", "品牌"),
    "producer_name": ("标称生产企业名称", "标称生产企业", "标称生产者名称",
                      "生产企业名称", "生产企业", "生产单位", "标称生产单位名称"),
    "producer_address": ("标称生产企业地址", "标称生产者地址", "生产企业地址", "生产单位地址"),
    "sampled_name": ("被抽样单位名称", "被抽样单位", "被抽检单位", "受检单位", "被抽样者名称"),
    "sampled_address": ("被抽样单位地址", "被抽检单位地址", "被抽样单位所在地", "被抽样者地址"),
    "category": ("分类", "食品大类", "食品分类", "类别"),
    "notice_no": ("公告号", "公告编号", "通告号"),
    "notice_date": ("公告日期", "通告日期"),
    "task": ("任务来源项目名称", "任务来源", "任务名称", "任务项目名称"),
    "laboratory": ("检验机构", "检测机构", "检验单位", "实验室", "承检机构", "检验机构名称"),
    "kind": ("检验类别", "检验类型", "检测类别", "检验性质"),
    "sampled_on": ("抽样日期", "采样日期", "取样日期"),
    "received_on": ("收样日期", "样品接收日期", "到样日期", "接样日期"),
    "tested_on": ("检验日期", "检测日期", "检验完成日期", "分析日期"),
    "issued_on": ("签发日期", "报告日期", "批准日期", "出具日期", "报告签发日期"),
    "basis": ("判定依据", "检验依据", "执行标准", "产品标准"),
    "conclusion": ("检验结论", "结论", "总结论", "综合判定", "检验结果判定", "整体结论"),
    "remarks": ("备注", "说明"),
    "items": ("不合格项目检验结果标准值",
              "不合格项目检验结果标准要求", "检验项目检验结果标准值", "不合格项目名称检验结果标准值"),
    "analyte": ("检验项目", "检测项目", "项目名称", "项目", "不合格项目", "不合格项目名称", "检测指标", "指标", "参数"),
    "unit": ("单位", "计量单位", "结果单位"),
    "measured": ("检验结果", "检测结果", "结果", "实测值", "检测值", "检验值", "测定值", "实测结果"),
    "limit": ("标准值", "标准要求", "技术要求", "限量值", "限量", "标准限值", "限值", "指标要求", "标准规定"),
    "standard": ("限量标准", "标准号", "标准编号", "限量依据"),
    "method": ("检验方法", "检测方法", "方法", "方法标准", "检验方法标准"),
    "judged": ("单项判定", "单项结论", "单项评价", "单项结果判定", "判定", "项目判定"),
    "lod": ("检出限", "方法检出限"),
    "loq": ("定量限", "方法定量限"),
}  # fmt: skip

NAMES_EN: Mapping[str, tuple[str, ...]] = {
    "number": ("No.", "Serial number"),
    "reason": ("Reason", "Remedy"),
    "report_no": ("Report number", "Report no", "Report", "Certificate no", "Report id"),
    "sheet_no": ("Sample number", "Sample no", "Sampling number", "Sample id", "Sampling no", "Sample code"),
    "gtin": ("GTIN", "Barcode", "EAN", "UPC"),
    "product_code": ("Product code", "Item code", "SKU", "Item number", "Material", "Article number"),
    "product_name": ("Product", "Product name", "Sample name", "Sample", "Food", "Food name", "Item name"),
    "batch_code": ("Batch", "Batch code", "Lot", "Lot code", "Lot number", "Lot no", "Batch number", "Batch no"),
    "production_date": ("Production date", "Made on", "Date of manufacture", "Manufacturing date"),
    "date_or_batch": ("Production date or batch", "Production date/batch number", "Production date/lot"),
    "spec": ("Specification", "Spec", "Package size"),
    "brand": ("Brand", "Trademark"),
    "producer_name": ("Producer", "Producer name", "Manufacturer", "Manufacturer name"),
    "producer_address": ("Producer address", "Manufacturer address"),
    "sampled_name": ("Sampled at", "Sampled party", "Sampled unit", "Sampled from"),
    "sampled_address": ("Sampled party address", "Sampling address", "Sampled unit address"),
    "category": ("Category", "Food category", "Class"),
    "notice_no": ("Notice number", "Notice no"),
    "notice_date": ("Notice date",),
    "task": ("Task", "Task source", "Project"),
    "laboratory": ("Laboratory", "Lab", "Testing laboratory", "Lab name"),
    "kind": ("Kind of inspection", "Inspection kind", "Inspection type", "Kind", "Type of inspection"),
    "sampled_on": ("Sampled on", "Sampling date", "Date sampled"),
    "received_on": ("Received on", "Date received", "Receipt date"),
    "tested_on": ("Tested on", "Test date", "Date tested", "Analysis date", "Date of analysis"),
    "issued_on": ("Issued on", "Report date", "Issue date", "Date issued", "Date of issue"),
    "basis": ("Basis", "Judged by", "Product standard"),
    "conclusion": ("Conclusion", "Overall conclusion", "Overall result", "Overall verdict"),
    "remarks": ("Remarks", "Remark", "Note", "Notes", "Comment", "Comments"),
    "items": ("Failed items with result and limit", "Items with result and limit"),
    "analyte": ("Analyte", "Parameter", "Item", "Test", "Test item", "Compound", "Determination", "Failed item"),
    "unit": ("Unit", "Units", "Unit of measure", "UOM"),
    "measured": ("Result", "Measured", "Value", "Measured value", "Test result", "Results"),
    "limit": ("Limit", "Standard value", "Requirement", "Maximum", "Max", "Maximum level", "Specification limit"),
    "standard": ("Limit standard", "Standard", "Standard no", "Standard number"),
    "method": ("Method", "Test method", "Method standard", "Analytical method"),
    "judged": ("Verdict", "Judgement", "Judgment", "Pass/fail", "Assessment", "Item verdict", "Evaluation"),
    "lod": ("LOD", "Limit of detection", "Detection limit"),
    "loq": ("LOQ", "Limit of quantification", "Quantification limit"),
}  # fmt: skip

_NOISE = re.compile(r"[\s\W_]+")


def bare(title: str) -> str:
    """A title without spaces, signs and capitals, of which each program makes something else."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", title)).casefold()


def field_of(title: str) -> str | None:
    """The field that a column of this title tells."""
    return _FIELDS.get(bare(title))


def analyte_of(title: str) -> tuple[str, str] | None:
    """What `铅(mg/kg)` measures, and in which unit, where a title is of that form."""
    text = unicodedata.normalize("NFKC", title).strip()
    for at, sign in enumerate(text):
        if sign in "([" and at and text[-1] in ")]":
            unit = find_measure(text[at + 1 : -1])
            if unit is not None:
                return text[:at].strip(), unit.name
    return None


_FIELDS: Mapping[str, str] = {
    bare(name): field for names in (NAMES_EN, NAMES_ZH) for field, told in names.items() for name in told
}

_GOODS = (
    "report_no",
    "gtin",
    "product_code",
    "product_name",
    "batch_code",
    "production_date",
    "laboratory",
    "tested_on",
)
_TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "long": (*_GOODS, "analyte", "measured", "unit", "limit", "method", "remarks"),
    "wide": (*_GOODS, "remarks"),
    "disclosed": (
        *("sheet_no", "number", "producer_name", "producer_address", "sampled_name", "sampled_address"),
        *("product_name", "spec", "brand", "date_or_batch", "items", "category", "notice_no", "notice_date"),
        *("task", "laboratory", "remarks"),
    ),
}
_EXAMPLES = {"zh": ("黄曲霉毒素B1(μg/kg)", "铅(mg/kg)"), "en": ("Aflatoxin B1 (µg/kg)", "Lead (mg/kg)")}
_DISCLOSED_ZH = {
    "product_name": "食品名称",
    "date_or_batch": "生产日期/批号",
    "items": "不合格项目║检验结果║标准值",
    "task": "任务来源/项目名称",
}


def template(layout: str, language: str) -> list[str] | None:
    """The titles of an empty table."""
    if layout not in _TEMPLATES:
        return None
    names = NAMES_ZH if language == "zh" else NAMES_EN
    other = _DISCLOSED_ZH if layout == "disclosed" and language == "zh" else {}
    titles = [other.get(field, names[field][0]) for field in _TEMPLATES[layout]]
    return [*titles[:-1], *_EXAMPLES[language], titles[-1]] if layout == "wide" else titles
