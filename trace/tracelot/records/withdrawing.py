"""What is said when a published recall is taken back, or when its level changes."""

from tracelot.records.inputs import Label, Reason, Shape
from tracelot.rules.recalls import RecallLevel


class Withdrawal(Shape):
    """Why a recall is taken back; `report_no` is the report that overturns what was found, where there is one."""

    reason: Reason
    report_no: Label = None


class Regrading(Shape):
    level: RecallLevel
    reason: Reason
