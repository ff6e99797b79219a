"""A filter by many ids that costs one parameter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from django.db.models import BooleanField, F, Func, Value
from django.db.models.sql.compiler import SQLCompiler


class Among(Func):
    """Whether `column` is one of `ids`: `filter(Among("candidate_id", ids))`.

    What `candidate_id__in=ids` means, for which Django prepares, checks and quotes every id on
    its own: with 2,000 ids that takes longer than the query, and SQLite may allow only 999.
    """

    output_field = BooleanField()
    conditional = True

    def __init__(self, column: str, ids: Iterable[str]) -> None:
        super().__init__(F(column), Value(orjson.dumps(list(ids)).decode()))

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler,
            connection,
            template="%(expressions)s::jsonb)))",
            arg_joiner=" = ANY(ARRAY(SELECT jsonb_array_elements_text(",
            **context,
        )

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler,
            connection,
            template="%(expressions)s))",
            arg_joiner=" IN (SELECT value FROM json_each(",
            **context,
        )
