"""An act while its form is filled: its lines are added by code, and nothing of it is recorded."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from tracelot.formats.gs1 import LONGEST_CODE, read_code
from tracelot.operations import recipients, scanning
from tracelot.operations.scanning import Handled
from tracelot.operations.visit import Visit
from tracelot.records.facilities import Facility
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.rules.acts import EventAct
from tracelot.rules.ids import new_id
from tracelot.rules.refusals import Unfit
from tracelot.web.forms import Form
from tracelot.web.pages.event_plans import PLANS, Plan
from tracelot.web.pages.event_rows import CAME, GOODS, MADE, PAPERS, Group, Row, rows_of
from tracelot.web.reading import read_id, read_whole
from tracelot.web.rendering import reader_of
from tracelot.web.wording import N_

NOTHING_HERE = N_(
    "Nothing that you make, hold or were sent has this code. Check it, or record how it came to you first."
)
SEVERAL = N_("This code stands for several things: choose one.")
TWICE = N_("This is in the list already.")
FULL = N_("No more lines fit into one form. Record these, then the others as another act.")
NOBODY = N_("No verified enterprise has this name or credit code. Choose a contact, or add one below.")
WHICH = N_("Several enterprises are called so: choose one of them.")


@dataclass
class ActForm:
    """What was sent of an act, and what the visitor may choose from; nothing of it is recorded."""

    visit: Visit
    act: EventAct
    form: Form
    facilities: Sequence[Facility]
    products: Sequence[Product]
    choices: list[Handled] = field(default_factory=list)
    firms: list[Party] = field(default_factory=list)
    added: str = ""  # the name of the line that was added just now

    def __post_init__(self) -> None:
        self.plan: Plan = PLANS[self.act]
        self.id = self.form["id"] or str(new_id())
        self.recorded_as = ""  # the record of this form, where it was recorded and says something else now
        self.rows: dict[str, list[Row]] = {group.name: rows_of(self.form, group) for group in self.groups}
        self.to = self.form["to"]
        self._read_made()

    @property
    def groups(self) -> list[Group]:
        made = [CAME] if self.act == "receive" else [MADE] if self.plan.made else []
        return [*([GOODS] if self.plan.goods else []), *made, PAPERS]

    @property
    def facility_id(self) -> UUID | None:
        own = {str(one.id): one.id for one in self.facilities}
        return own.get(self.form["facility_id"]) or (
            self.facilities[0].id if len(self.facilities) == 1 else None
        )

    def wrong(self, name: str, sentence: str) -> None:
        self.form.errors.setdefault(name, reader_of(self.form.request).gettext(sentence))

    # --- steps that record nothing -----------------------------------------------------------------------

    def step(self) -> None:
        """Take what a button or a scanner sent: a code, a choice, or a firm to look for."""
        if self.form["find"]:
            self.find_firm()
        if not self.plan.goods:
            return
        if self.form["code"].strip():
            self._scan(self.form["code"])
        elif self.form["pick"]:
            self.add(self.form["pick"])
        elif self.form["all"]:
            self._take_all(self.form["all"])

    def _scan(self, code: str) -> None:
        try:
            found = [one for one in self._find(code) if self.plan.units or one.kind != "unit"]
        except Unfit as refusal:
            self.wrong("code", refusal.reason)
            return
        if len(found) == 1:
            self.add(found[0].name)
        else:
            self.choices = found
            self.wrong("code", SEVERAL if found else NOTHING_HERE)

    def _find(self, code: str) -> list[Handled]:
        unit = self.unit_id if self.act == "unpack" else None
        found = scanning.find_handled(self.visit, code, self.facility_id)
        if unit is None:
            return found
        inside = {one.name: one for one in scanning.inside(self.visit, unit, self.facility_id)}
        return [inside[one.name] for one in found if one.name in inside]

    def add(self, name: str) -> None:
        """A line for something that the party may name, once; of what is set apart alone, from there."""
        known = self.described([name]).get(name)
        if known is None:
            self.wrong("code", NOTHING_HERE)
            return
        rows = self.rows["goods"]
        if any(row["what"] == name for row in rows):
            self.wrong("code", TWICE)
        elif len(rows) >= GOODS.most:
            self.wrong("code", FULL)
        else:
            apart = "1" if self.plan.apart and known.apart and not known.stock else ""
            start = {"what": name, "unit": known.unit or "kg", "apart": apart, "result": "short"}
            rows.append(dict.fromkeys(GOODS.parts, "") | start)
            self.added = name

    def described(self, names: Sequence[str]) -> dict[str, Handled]:
        """What lines name, with what is on hand: at the facility, or in the unit that is unpacked."""
        found = scanning.describe(self.visit, names, self.facility_id)
        if self.act == "unpack" and self.unit_id is not None:
            inside = scanning.inside(self.visit, self.unit_id, self.facility_id)
            found |= {one.name: one for one in inside if one.name in found}
        return found

    def _take_all(self, row: str) -> None:
        number = read_whole(row.removeprefix("goods-"), 3)
        if number is None or number >= len(self.rows["goods"]):
            return
        line = self.rows["goods"][number]
        known = self.described([line["what"]]).get(line["what"])
        there = known and (known.apart if line["apart"] or self.act == "put_back" else known.stock)
        if known and there and there > 0:
            line["quantity"], line["unit"] = f"{there:f}", known.unit or line["unit"]

    def find_firm(self) -> None:
        self.firms = list(recipients.find_recipients(self.visit, self.form["to_text"][:200]))
        if len(self.firms) == 1:
            self.to = f"party:{self.firms[0].id}"
        else:
            self.wrong("to_text", WHICH if self.firms else NOBODY)

    def _read_made(self) -> None:
        """A GS1 code in a row of what came to be says the product, the batch and the expiry date at once."""
        for row in self.rows.get("made", []) + self.rows.get("came", []):
            if not row["code"].strip() or len(row["code"]) > LONGEST_CODE:
                continue
            reading = read_code(row["code"])
            if not (reading.gtin and reading.batch):
                continue
            own = next((one for one in self.products if one.gtin == reading.gtin), None)
            if "number" in row:
                row["number"] = row["number"] or reading.gtin
            elif own is None:
                continue
            else:
                row["product"] = str(own.id)
            row["code"] = reading.batch
            row["expiry"] = row["expiry"] or (reading.expiry.isoformat() if reading.expiry else "")

    @property
    def unit_id(self) -> UUID | None:
        """The unit that stands, by its number or as the record to be corrected names it."""
        if self.form["carrier_id"]:
            return read_id(self.form["carrier_id"])
        text = self.form["carrier"].strip()
        found = scanning.find_handled(self.visit, text, None) if 0 < len(text) <= LONGEST_CODE else []
        return next((one.id for one in found if one.kind == "unit"), None)

    @property
    def untouched(self) -> bool:
        """Whether the time is the one that the form proposed: the act is then now, however long the form lay open."""
        return self.form["event_time"] != "" and self.form["event_time"] == self.form["time_shown"]

    @property
    def refused(self) -> str:
        """The kind of the refusal that the form came back with."""
        return str(getattr(self.form.request.state, "refused", ""))
