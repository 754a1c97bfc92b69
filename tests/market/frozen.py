"""Versions of a scope, proved again: each has its digest, and the newest comes out of the books as they were."""

from tracelot.operations.scope_lines import lines_of
from tracelot.operations.shipped import reach
from tracelot.operations.visit import Visit
from tracelot.records.recalls import Recall
from tracelot.records.scopes import digest_of, list_scope_lines, list_scopes


def check_frozen(visit: Visit, recall: Recall) -> None:
    """Traced again as of its moment, a version has the same digest, and what it holds leads nowhere beyond it."""
    for scope in list_scopes(visit.session, recall.id):
        lines = list_scope_lines(visit.session, recall.id, scope.version)
        assert digest_of(scope, lines) == scope.digest
        assert all(line.reason for line in lines if line.verdict == "excluded")
    scope = list_scopes(visit.session, recall.id)[-1]
    stored = list_scope_lines(visit.session, recall.id)
    begun = {line.key for line in stored if line.named}
    traced = reach(visit, recall.party_id, begun, as_of=scope.as_of)
    again = lines_of(visit, recall, traced, begun, ())
    for line in again:
        old = next(one for one in stored if one.batch_id == line.batch_id)
        line.version, line.verdict, line.reason = scope.version, old.verdict, old.reason
    assert digest_of(scope, again) == scope.digest
    whole = reach(visit, recall.party_id, {line.key for line in stored}, as_of=scope.as_of)
    assert {one.batch for answer in whole.answers for one in answer.reached} <= {line.key for line in stored}
