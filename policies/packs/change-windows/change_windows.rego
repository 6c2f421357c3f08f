# METADATA
# title: Production changes in its windows
# description: |
#   Denies schema changes and mass writes in production outside of the hours and in the periods that settings name. It reads
#   the clock, so that no decision is remembered beside it (see README.md): that is why it is a pack of its own. It only
#   denies; settings stand in `data.change_windows`.
package policy.change_windows

import data.sallyport.settings
import data.sallyport.sql
import data.sallyport.subject

# Settings

shape := {"production": "names", "exempt": "names", "zone": "text", "windows": "list", "freezes": "list"}

default production_names := {"production", "prod"}

production_names := {name | some name in data.change_windows.production} if data.change_windows.production

# Groups that change production at any time.
default exempt_groups := {"break-glass"}

exempt_groups := {name | some name in data.change_windows.exempt} if data.change_windows.exempt

# A name of the IANA time zone database.
default zone := "UTC"

zone := data.change_windows.zone

default windows := [{"days": ["mon", "tue", "wed", "thu"], "from": "09:00", "to": "16:00"}]

windows := data.change_windows.windows

default freezes := []

freezes := data.change_windows.freezes

# METADATA
# title: The settings of change-windows hold
# description: A setting that is misspelt or mistyped denies everything, so that no guard is lost unseen.
# custom: {id: SP-CW-000, severity: high, remediation: "Mend data.change_windows; the README of the pack lists its settings."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some message in faults
}

faults contains message if {
	some message in settings.problems("change_windows", data.change_windows, shape)
}

faults contains message if {
	some window in data.change_windows.windows
	not holds_window(window)
	message := sprintf("data.change_windows.windows: %v needs days (mon, tue, …), from and to (HH:MM)", [window])
}

faults contains message if {
	some freeze in data.change_windows.freezes
	not holds_freeze(freeze)
	message := sprintf("data.change_windows.freezes: %v needs from and to (RFC 3339), in this order", [freeze])
}

holds_window(window) if {
	every day in window.days { day in {"mon", "tue", "wed", "thu", "fri", "sat", "sun"} }
	every moment in [window.from, window.to] { regex.match(`^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$`, moment) }
}

faults contains sprintf("data.change_windows.zone: there is no time zone %s", [zone]) if not clock

holds_freeze(freeze) if time.parse_rfc3339_ns(freeze.from) < time.parse_rfc3339_ns(freeze.to)

# What is bound to windows

# METADATA
# title: Production changes in its windows only
# description: Schema changes but of temporary tables, COPY … FROM and TRUNCATE.
# custom: {id: SP-CW-001, severity: high, remediation: "Wait for the next window, or ask the break-glass group."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	bound
	not open
	message := sprintf("it is %s, and no window is open", [moment])
}

# METADATA
# title: Nothing changes in a freeze
# description: Periods of the setting `freezes`.
# custom: {id: SP-CW-002, severity: high, remediation: "Wait for the end of the freeze, or ask the break-glass group."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	bound
	some freeze in freezes
	time.parse_rfc3339_ns(freeze.from) <= now
	now < time.parse_rfc3339_ns(freeze.to)
	message := sprintf("production is frozen until %s", [freeze.to])
}

bound if {
	changes
	input.resource.environment in production_names
	not subject.in_any(exempt_groups)
}

changes if {
	sql.changes_schema
	not input.command.attributes.temporary
}

changes if sql.does_any({"bulk_load", "truncate"})

open if {
	some window in windows
	weekday in window.days
	window.from <= clock
	clock < window.to
}

# Never undefined, so that no denial fails for want of words.
default moment := "an unknown time"

moment := sprintf("%s %s (%s)", [weekday, clock, zone])

now := time.parse_rfc3339_ns(input.now)

weekday := lower(substring(time.weekday([now, zone]), 0, 3))

clock := sprintf("%02d:%02d", [hour, minute]) if [hour, minute, _] := time.clock([now, zone])
