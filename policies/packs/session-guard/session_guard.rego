# METADATA
# title: Who comes in, from where, when, and with what
# description: |
#   Judges sessions when they open: hours, networks, how long ago somebody showed a second factor; and what sessions are
#   given. Sessions that none of that is said about open as they would without it. Settings stand in `data.session_guard`.
package policy.session.guard

import data.sallyport.settings as shapes
import data.sallyport.subject

# Settings

shape := {
	"environments": "names",
	"exempt": "names",
	"zone": "text",
	"windows": "list",
	"networks": "names",
	"factor_claim": "text",
	"factor_hours": "number",
	"given": "map",
}

# Where hours, networks and the second factor count.
default environments := {"production", "prod"}

environments := {name | some name in data.session_guard.environments} if data.session_guard.environments

# Groups that come in at any time and from anywhere, but not without their second factor.
default exempt_groups := {"break-glass"}

exempt_groups := {name | some name in data.session_guard.exempt} if data.session_guard.exempt

# A name of the IANA time zone database.
default zone := "UTC"

zone := data.session_guard.zone

# Seconds since 1970 or RFC 3339; OpenID Connect calls it so.
default factor_claim := "auth_time"

factor_claim := data.session_guard.factor_claim

# METADATA
# title: The settings of session-guard hold
# description: A setting that is misspelt or mistyped lets nobody in, so that no guard is lost unseen.
# custom: {id: SP-SG-000, severity: high, remediation: "Mend data.session_guard; the README of the pack lists its settings."}
deny contains {"rule": rego.metadata.rule(), "message": message} if some message in faults

faults contains message if some message in shapes.problems("session_guard", data.session_guard, shape)

faults contains message if {
	some window in data.session_guard.windows
	not holds_window(window)
	message := sprintf("data.session_guard.windows: %v needs days (mon, tue, …), from and to (HH:MM)", [window])
}

holds_window(window) if {
	every day in window.days { day in {"mon", "tue", "wed", "thu", "fri", "sat", "sun"} }
	every moment in [window.from, window.to] { regex.match(`^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$`, moment) }
}

faults contains sprintf("data.session_guard.zone: there is no time zone %s", [zone]) if not clock

faults contains sprintf("data.session_guard.networks: %s is no network", [network]) if {
	some network in data.session_guard.networks
	not net.cidr_is_valid(network)
}

faults contains sprintf("data.session_guard.given: %s must be an object of texts", [kind]) if {
	some kind, given in data.session_guard.given
	not texts(given)
}

texts(given) if {
	is_object(given)
	every value in given { is_string(value) }
}

# Who comes in

# METADATA
# title: Sessions open
# description: Unless something below is against it; commands are judged all the same.
# custom: {id: SP-SG-001, severity: low}
allow contains {"rule": rego.metadata.rule()} if count(faults) == 0

# METADATA
# title: Sessions open in their hours
# custom: {id: SP-SG-002, severity: high, remediation: "Come back when a window is open, or ask the break-glass group."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	guarded
	not subject.in_any(exempt_groups)
	data.session_guard.windows
	not open
	message := sprintf("it is %s, and no window is open", [moment])
}

# METADATA
# title: Sessions come from known networks
# custom: {id: SP-SG-003, severity: high, remediation: "Connect from one of the networks that are let in, or ask the break-glass group."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	guarded
	not subject.in_any(exempt_groups)
	data.session_guard.networks
	not from_known_network
	message := sprintf("%s is in no network that is let in", [input.client.address])
}

from_known_network if {
	some network in data.session_guard.networks
	net.cidr_contains(network, input.client.address)
}

# METADATA
# title: People have shown a second factor
# description: Not longer ago than the setting `factor_hours` says.
# custom: {id: SP-SG-004, severity: high, remediation: "Log in again with your second factor."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	guarded
	input.subject.kind == "human"
	most := data.session_guard.factor_hours
	not fresh(most)
	message := sprintf("the second factor of %s was shown more than %v hours ago, or never", [input.subject.id, most])
}

fresh(hours) if {
	shown_at <= now
	now - shown_at <= (hours * 3600) * 1000000000
}

shown_at := shown * 1000000000 if {
	shown := input.subject.claims[factor_claim]
	is_number(shown)
}

shown_at := time.parse_rfc3339_ns(shown) if {
	shown := input.subject.claims[factor_claim]
	is_string(shown)
}

guarded if input.resource.environment in environments

open if {
	some window in data.session_guard.windows
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

# What sessions are given

# METADATA
# title: Sessions have the settings of their kind
# description: The setting `given`, by kind of subject, in the environments that are guarded.
# custom: {id: SP-SG-005, severity: low}
settings contains object.union({"rule": rego.metadata.rule()}, given) if {
	guarded
	given := data.session_guard.given[input.subject.kind]
	texts(given)
	count(given) > 0
}
