"""HTTP conventions: contexts of requests, problems, pages, idempotency, limits, headers."""

from gamekeeper.kernel.http.dependencies import Ctx, GlobalCtx, ReadCtx
from gamekeeper.kernel.http.idempotency import once
from gamekeeper.kernel.http.pages import Page, PageQuery

__all__ = ["Ctx", "GlobalCtx", "Page", "PageQuery", "ReadCtx", "once"]
