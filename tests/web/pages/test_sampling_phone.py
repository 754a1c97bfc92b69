"""The sampling sheet on the phone: signatures drawn on the glass, and photos of the place."""

import io
from typing import Any
from uuid import UUID

import pytest
from PIL import Image, ImageDraw
from sqlalchemy import Engine

from conftest import ClientOf
from keeping import all_rows
from sampled import at_the_laboratory
from tracelot.records.samplings import Sampling, SamplingPhoto
from world import World

tell = at_the_laboratory
MAKER = 0x010F  # EXIF: who made the camera


@pytest.fixture
def told(scene: Any) -> dict[str, UUID]:
    return scene.told


def drawn() -> str:
    """A stroke on white, as the page's canvas writes it."""
    from base64 import b64encode  # noqa: PLC0415

    picture = Image.new("RGB", (600, 200), "white")
    ImageDraw.Draw(picture).line([(20, 180), (300, 20), (580, 180)], fill="#11203a", width=4)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return "data:image/png;base64," + b64encode(file.getvalue()).decode()


def whole(task: UUID, world: World) -> dict[str, str]:
    return {"task_id": str(task), "form": "2", "taken_at": "2026-11-02T09:00", "region_code": "411724",
            "longitude": "114.39", "latitude": "32.60", "firm_name": "小店", "firm_address": "真阳大道9号",
            "batch_id": str(world.batch_id), "sample_name": "花生油", "dated_on": "2026-09-15", "lot_no": "A1",
            "spec": "5 L", "sample_qty": "6", "spare_qty": "2", "unit": "bottle", "producer_name": "油厂",
            "producer_address": "东路1号", "sampler1_name": "甲", "sampler1_certificate": "Q1",
            "sampler1_drawn": drawn(), "sampler2_name": "乙", "sampler2_certificate": "Q2",
            "firm_drawn": drawn()}  # fmt: skip


def test_signatures_are_drawn_and_no_name_is_typed(
    client_as: ClientOf, told: dict[str, UUID], world: World, engine: Engine
) -> None:
    office = client_as("county")
    page = office.get("/gov/samplings/new", params={"task": str(told["task"])})
    assert page.headers["permissions-policy"] == "camera=(self), geolocation=(self), microphone=()"
    assert "geolocation=()" in office.get("/gov/samplings").headers["permissions-policy"]
    form = whole(told["task"], world)
    for broken in ("data:image/png;base64,A", "data:image/png;base64,AAAA", "x" * 200_000):
        assert office.post("/gov/samplings/new", data=form | {"firm_drawn": broken}).status_code == 422

    kept = office.post("/gov/samplings/new", data=form)

    assert kept.status_code == 303, kept.text
    row = max(all_rows(engine, Sampling), key=lambda one: one.recorded_at)
    pictures = {str(one.id) for one in all_rows(engine, SamplingPhoto, sampling_id=row.id)}
    assert pictures == {row.told["samplers"][0]["signature"]["drawn"], row.told["firm_signature"]["drawn"]}
    assert (row.told["longitude"], row.told["latitude"]) == (114.39, 32.6)
    shown = office.get(kept.headers["location"]).text
    assert all(f"/photos/{one}.jpg" in shown for one in pictures)


def test_a_photo_is_added_to_the_sheet_and_tells_no_device(
    client_as: ClientOf, told: dict[str, UUID]
) -> None:
    picture, file = Image.new("RGB", (40, 30), "red"), io.BytesIO()
    exif = picture.getexif()
    exif[MAKER] = "SECRETPHONE"
    picture.save(file, "JPEG", exif=exif)
    path, office = f"/gov/samplings/{told['sampling']}", client_as("county")
    missing = office.post(f"{path}/photos", files={"photo": ("", b"", "image/jpeg")})
    assert missing.status_code == 422
    assert office.post(f"{path}/photos", files={"photo": ("a", b"no", "image/jpeg")}).status_code == 422

    sent = office.post(f"{path}/photos", files={"photo": ("a.jpg", file.getvalue(), "image/jpeg")})

    assert sent.status_code == 303, sent.text
    page = office.get(path).text
    [name] = {part.partition('"')[0] for part in page.split(f"{path}/photos/")[1:]} - {""}
    photo = office.get(f"{path}/photos/{name}").content
    assert photo.startswith(b"\xff\xd8")
    assert b"SECRETPHONE" not in photo
    assert client_as("second").post(f"/app/samplings/{told['sampling']}/photos").status_code == 404
