"""What a role may allow in the venue."""

from gamekeeper.kernel.access.permission import TEAM, BuiltIn, Permission


class May(Permission):
    """Permissions of the venue. Those on stations and sessions can be granted on a station or a site."""

    VIEW = "venue.station.view", "See the floor: seats, their state and their sessions", *TEAM
    ARRANGE = "venue.station.arrange", "Add, place, rename and remove seats", BuiltIn.MANAGER
    SERVICE = "venue.station.service", "Take a seat out of order and back", BuiltIn.MANAGER, BuiltIn.STAFF
    START = "venue.session.start", "Start a session and take the money for it", BuiltIn.MANAGER, BuiltIn.STAFF
    EXTEND = "venue.session.extend", "Sell more time to a running session", BuiltIn.MANAGER, BuiltIn.STAFF
    END = "venue.session.end", "End a session before its time", BuiltIn.MANAGER, BuiltIn.STAFF
    UNDO = "venue.session.undo", "Take back a sale within ten seconds", BuiltIn.MANAGER, BuiltIn.STAFF
    PRICE = "venue.price.edit", "Make and change price rules and house rules", BuiltIn.MANAGER
    LEDGER = "venue.ledger.view", "See balances and every posting", BuiltIn.MANAGER
    KEYS = "venue.lease_key.rotate", "Change the key that leases are signed with"
