"""Price rules and the house rules, as they are edited."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Tenanted, Timestamped, Versioned, choice, tenant_fk
from gamekeeper.modules.venue.pricing.amounts import Rounding
from gamekeeper.modules.venue.pricing.offers import following, priced
from gamekeeper.modules.venue.pricing.price import EarlyEnd
from gamekeeper.modules.venue.pricing.rule import Preset, Rule


class PriceRule(Tenanted, Versioned, Timestamped, Base):
    """What an hour costs at a site. One rule of a site is in force; running sessions keep the copy they began with."""

    __tablename__ = "price_rules"
    __table_args__ = (
        tenant_fk("sites", "site_id"),
        choice("block_rounding", Rounding),
        choice("money_rounding", Rounding),
        CheckConstraint("rate >= 0", name="rate"),
        CheckConstraint("block_seconds BETWEEN 1 AND 86400", name="block_seconds"),
        Index("uq_price_rules_active", "organization_id", "site_id", unique=True, postgresql_where=text("active")),
    )
    granted_by: ClassVar[tuple[str, ...]] = ("id", "site_id")

    site_id: Mapped[UUID]
    name: Mapped[str]
    currency: Mapped[str]
    rate: Mapped[int]
    """Minor units for an hour."""
    block_seconds: Mapped[int]
    block_rounding: Mapped[str]
    money_rounding: Mapped[str]
    presets: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    active: Mapped[bool] = mapped_column(default=True, server_default="true")

    def consequences(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """`changes`, and what they make of the offers. Raises OfferTooDear."""
        rate, rounding = self.rate, Rounding(self.money_rounding)
        presets = changes.get("presets", following(self.presets, rate, rounding))
        rate, rounding = changes.get("rate", rate), Rounding(changes.get("money_rounding", rounding))
        return {**changes, "presets": priced(presets, rate, rounding)}

    def snapshot(self, time_zone: str) -> Rule:
        """The frozen copy that a session keeps."""
        return Rule(
            rule_id=str(self.id),
            version=self.version,
            name=self.name,
            currency=self.currency,
            rate=self.rate,
            block_seconds=self.block_seconds,
            block_rounding=Rounding(self.block_rounding),
            money_rounding=Rounding(self.money_rounding),
            presets=tuple(Preset(**preset) for preset in self.presets),
            time_zone=time_zone,
        )


class VenuePolicy(Tenanted, Versioned, Timestamped, Base):
    """The house rules of an organization; without a row the defaults here hold. Its id is the organization's."""

    __tablename__ = "venue_policies"
    __table_args__ = (
        choice("early_end", EarlyEnd),
        CheckConstraint("grace_seconds BETWEEN 0 AND 3600", name="grace_seconds"),
        CheckConstraint("offline_cap_seconds BETWEEN 60 AND 86400", name="offline_cap_seconds"),
        CheckConstraint("business_day_minutes BETWEEN 0 AND 1439", name="business_day_minutes"),
    )

    early_end: Mapped[str] = mapped_column(default=EarlyEnd.REFUND, server_default=EarlyEnd.REFUND)
    """Unused time of a session that is ended early: `refund` pays back what it was bought for, `burn` keeps it."""
    warning_seconds: Mapped[list[int]] = mapped_column(
        JSONB, default_factory=lambda: [300, 60], server_default=text("'[300, 60]'::jsonb")
    )
    grace_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
    offline_cap_seconds: Mapped[int] = mapped_column(default=28_800, server_default="28800")
    """The most that a seat plays on without hearing from the server."""
    business_day_minutes: Mapped[int] = mapped_column(default=360, server_default="360")
    """Minutes after midnight, by the site's clock, at which a business day begins."""
