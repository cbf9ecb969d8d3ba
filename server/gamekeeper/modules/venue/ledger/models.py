"""Accounts, transfers and postings. The application may insert and read them, nothing else."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Tenanted, choice, tenant_fk
from gamekeeper.kernel.events.models import TransactionId
from gamekeeper.modules.venue.ledger.chart import Family

GUARD = """NOT guarded
    OR (family IN ('asset', 'expense') AND balance >= 0)
    OR (family NOT IN ('asset', 'expense') AND balance <= 0)"""


class AccountRow(Tenanted, Base):
    """An account of one site in one currency. `balance` is kept by the database from the postings: debits minus
    credits, so an asset's is positive and a revenue's negative.
    """

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        UniqueConstraint("organization_id", "site_id", "name", "currency"),
        UniqueConstraint("organization_id", "id", "currency"),
        tenant_fk("sites", "site_id", ondelete="RESTRICT"),
        choice("family", Family),
        CheckConstraint(GUARD, name="guard"),
    )

    site_id: Mapped[UUID]
    name: Mapped[str]
    family: Mapped[str]
    currency: Mapped[str]
    guarded: Mapped[bool]
    balance: Mapped[int] = mapped_column(BigInteger, server_default="0", init=False)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)


class TransferRow(Tenanted, Base):
    """One thing that happened to money. `key` is its natural key and stays unique for ever."""

    __tablename__ = "ledger_transfers"
    __table_args__ = (
        UniqueConstraint("organization_id", "key"),
        UniqueConstraint("organization_id", "reverses_id"),
        tenant_fk("sites", "site_id", ondelete="RESTRICT"),
        tenant_fk("ledger_transfers", "reverses_id", ondelete="RESTRICT"),
        Index("ix_ledger_transfers_subject", "organization_id", "subject_id"),
    )

    site_id: Mapped[UUID]
    key: Mapped[str]
    kind: Mapped[str]
    reason: Mapped[str]
    subject_id: Mapped[UUID | None]
    reverses_id: Mapped[UUID | None]
    business_day: Mapped[date]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_label: Mapped[str]
    posted_at: Mapped[datetime]
    xid: Mapped[int] = mapped_column(TransactionId(), server_default=text("pg_current_xact_id()"), init=False)
    """Postings may only join a transfer in the transaction that made it."""


class PostingRow(Tenanted, Base):
    """One side of a transfer: minor units, a debit positive, a credit negative."""

    __tablename__ = "ledger_postings"
    __table_args__ = (
        tenant_fk("ledger_transfers", "transfer_id", ondelete="RESTRICT"),
        ForeignKeyConstraint(
            ["organization_id", "account_id", "currency"],
            ["ledger_accounts.organization_id", "ledger_accounts.id", "ledger_accounts.currency"],
            name="fk_ledger_postings_account",
            ondelete="RESTRICT",
        ),
        CheckConstraint("amount <> 0", name="amount"),
        Index("ix_ledger_postings_transfer", "organization_id", "transfer_id"),
        Index("ix_ledger_postings_account", "organization_id", "account_id", "id"),
    )

    transfer_id: Mapped[UUID]
    account_id: Mapped[UUID]
    currency: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
