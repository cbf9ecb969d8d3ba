"""What a role may allow in the venue."""

from gamekeeper.kernel.access.permission import TEAM, BuiltIn, Permission


class May(Permission):
    """Permissions of the venue. Those on stations and sessions can be granted on a station or a site."""

    VIEW = "venue.station.view", "see the floor: seats, their state and their sessions", *TEAM
    ARRANGE = "venue.station.arrange", "add, place, rename and remove seats", BuiltIn.MANAGER
    SERVICE = "venue.station.service", "take a seat out of order and back", BuiltIn.MANAGER, BuiltIn.STAFF
    START = "venue.session.start", "start a session and take the money for it", BuiltIn.MANAGER, BuiltIn.STAFF
    EXTEND = "venue.session.extend", "sell more time to a running session", BuiltIn.MANAGER, BuiltIn.STAFF
    END = "venue.session.end", "end a session before its time", BuiltIn.MANAGER, BuiltIn.STAFF
    UNDO = "venue.session.undo", "take back a sale within ten seconds", BuiltIn.MANAGER, BuiltIn.STAFF
    PRICE = "venue.price.edit", "make and change price rules and house rules", BuiltIn.MANAGER
    LEDGER = "venue.ledger.view", "see balances and every posting", BuiltIn.MANAGER
    KEYS = "venue.lease_key.rotate", "change the key that leases are signed with"
