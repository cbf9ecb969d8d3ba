"""The books: balances and every entry. Nothing here changes anything."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from gamekeeper.kernel.http import Page, PageQuery, ReadCtx
from gamekeeper.modules.venue.ledger import queries
from gamekeeper.modules.venue.permissions import May

router = APIRouter(prefix="/api/v1/ledger", tags=["ledger"])


class BalanceOut(BaseModel):
    """An account: debits minus credits in minor units, so revenue and liabilities are negative."""

    id: UUID
    site_id: UUID
    name: str
    family: str
    currency: str
    balance: int


class PostingOut(BaseModel):
    """One side of an entry: a debit positive, a credit negative."""

    account: str
    currency: str
    amount: int


class EntryOut(BaseModel):
    """One transfer; its postings sum to zero. `key` names the fact that it stands for."""

    id: UUID
    site_id: UUID
    key: str
    kind: str
    reason: str
    subject_id: UUID | None
    reverses_id: UUID | None
    business_day: date
    actor_kind: str
    actor_label: str
    posted_at: datetime
    postings: list[PostingOut]


@router.get("/balances")
async def balances(
    reader: ReadCtx, page: PageQuery, site_id: Annotated[UUID | None, Query()] = None
) -> Page[BalanceOut]:
    """Accounts and what is in them."""
    reader.require(May.LEDGER)
    rows = await queries.balances(
        reader.connection, reader.organization_id, site_id, page.values(str, str, UUID), page.limit + 1
    )
    found = [BalanceOut(**dict(row)) for row in rows]
    return page.page(found, lambda account: (account.name, account.currency, account.id))


@router.get("/entries")
async def entries(
    reader: ReadCtx,
    page: PageQuery,
    site_id: Annotated[UUID | None, Query()] = None,
    subject_id: Annotated[UUID | None, Query(description="Of one session.")] = None,
    account_id: Annotated[UUID | None, Query()] = None,
) -> Page[EntryOut]:
    """Everything that was posted, the newest first."""
    reader.require(May.LEDGER)
    rows = await queries.entries(
        reader.connection,
        reader.organization_id,
        site_id=site_id,
        subject_id=subject_id,
        account_id=account_id,
        before=page.after_id,
        limit=page.limit + 1,
    )
    return page.page([EntryOut(**dict(row)) for row in rows], lambda entry: (entry.id,))
