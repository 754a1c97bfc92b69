"""Random EPCIS documents: every kind of event over few goods and places, with ids that stand twice and errors."""

import copy
from random import Random
from typing import Any

LOTS = [f"https://id.gs1.org/01/09521234567891/10/L{n}" for n in range(3)] + ["urn:x:lot:a", "urn:x:lot:b"]
CLASSES = [*LOTS, "urn:epc:idpat:sgtin:9521234.056789.*"]
SINGLES = [f"urn:epc:id:sgtin:9521234.056789.{n}" for n in range(2)]
UNITS = [f"urn:epc:id:sscc:9521234.100000000{n}" for n in range(3)]
PLACES = ["urn:epc:id:sgln:9521234.00001.0", "urn:epc:id:sgln:9521234.00002.7", "urn:x:place:c"]
PARTIES = ["urn:epc:id:pgln:9521234.00001", "urn:x:party:p"]


def _amounts(random: Random, most: int = 2) -> list[dict[str, Any]]:
    told = []
    for name in random.sample(CLASSES, random.randint(1, most)):
        known = random.random() < 0.7
        told.append({"epcClass": name, **({"quantity": random.randint(1, 9), "uom": "KGM"} if known else {})})
    return told


def _things(random: Random) -> list[str]:
    return random.sample([*SINGLES, *UNITS, *UNITS], random.randint(1, 2))


def _head(random: Random) -> dict[str, Any]:
    day = random.randint(1, 28)
    head: dict[str, Any] = {"eventTime": f"2026-01-{day:02}T08:00:00Z", "eventTimeZoneOffset": "+08:00"}
    if random.random() < 0.9:
        head["bizLocation"] = {"id": random.choice(PLACES)}
    return head


def _ends(random: Random) -> dict[str, Any]:
    ends: dict[str, Any] = {}
    for side in ("source", "destination"):
        choice = random.random()
        if choice < 0.4:
            ends[f"{side}List"] = [{"type": "location", side: random.choice(PLACES)}]
        elif choice < 0.6:
            ends[f"{side}List"] = [{"type": "possessing_party", side: random.choice(PARTIES)}]
    return ends


def _object(random: Random) -> dict[str, Any]:
    action, step = random.choice(
        [("ADD", "commissioning"), ("OBSERVE", "shipping"), ("OBSERVE", "receiving"), ("OBSERVE", "inspecting"),
         ("DELETE", "destroying"), ("DELETE", "decommissioning")]
    )  # fmt: skip
    event = {"type": "ObjectEvent", "action": action, "bizStep": step, **_head(random), **_ends(random)}
    if random.random() < 0.2:
        event["disposition"] = "returned"
    goods = random.random()
    if goods < 0.7:
        event["quantityList"] = _amounts(random)
    if goods > 0.5:
        event["epcList"] = _things(random)
    return event


def _transformation(random: Random) -> dict[str, Any]:
    event = {"type": "TransformationEvent", **_head(random)}
    if shared := random.random() < 0.4:
        event["transformationID"] = f"urn:x:batch:{random.randint(1, 2)}"
    if not shared or random.random() < 0.6:
        event["inputQuantityList"] = _amounts(random)
        if random.random() < 0.4:
            event["inputEPCList"] = [random.choice([*UNITS, *SINGLES])]
    if not shared or "inputQuantityList" not in event or random.random() < 0.5:
        event["outputQuantityList"] = _amounts(random)
    return event


def _aggregation(random: Random) -> dict[str, Any]:
    parent = random.choice(UNITS)
    event = {
        "type": "AggregationEvent",
        "action": random.choice(["ADD", "ADD", "DELETE", "OBSERVE"]),
        "parentID": parent,
        **_head(random),
    }
    bare = random.random()
    if event["action"] == "ADD" or bare < 0.5:
        if random.random() < 0.7:
            event["childQuantityList"] = _amounts(random)
        else:
            event["childEPCs"] = [random.choice([one for one in (*UNITS, *SINGLES) if one != parent])]
    return event


def random_events(random: Random, most: int = 14) -> list[dict[str, Any]]:
    """Some events, one of which may share its id with another, and some of which are declared wrong."""
    makers = [_object, _object, _transformation, _aggregation, _aggregation]
    events = []
    for number in range(random.randint(2, most)):
        name = number - 1 if number and random.random() < 0.1 else number
        events.append({"eventID": f"urn:uuid:{name:032x}", **random.choice(makers)(random)})
    for event in random.sample(events, random.choice([0, 0, 1, 2]) if len(events) > 2 else 0):
        wrong = copy.deepcopy(event)
        wrong["errorDeclaration"] = {
            "declarationTime": "2026-02-01T00:00:00Z",
            "reason": random.choice(["did_not_occur", "incorrect_data"]),
            "correctiveEventIDs": random.sample(
                [one["eventID"] for one in events if one["eventID"] != event["eventID"]],
                random.choice([0, 1]),
            ),
        }
        if random.random() < 0.2:
            wrong["disposition"] = "unknown"
        events.append(wrong)
    return events
