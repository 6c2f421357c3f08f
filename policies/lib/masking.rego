# METADATA
# title: What a mask can be
# description: |
#   An entry of `mask` is an object:
#
#     columns  names of columns, matched from their last part: "email", "customers.email", "public.customers.email"; what a
#              column was called before counts as well. One part alone also matches what a result calls its own column.
#     labels   what columns are labelled with, in `data.labels` or by the target
#     detect   detectors, which look for values wherever they are shown
#     with     how; the most private one, "null", where it is left out
#
#   At least one of the three lists names something. A mask is put on wherever values of such a column can be, so a rule
#   need not ask what the command is: `mask contains {"labels": ["pii"], "with": "partial"} if not privileged`.
package sallyport.masking

# METADATA
# title: Ways to mask a value, from the least private to the most
# description: |
#   partial shows the ends, fake puts another value of the kind in its place, hash a keyed digest (equal values stay equal),
#   redact a fixed text, null nothing. Of several that are asked for, the most private one is put on.
ways := ["partial", "fake", "hash", "redact", "null"]

# METADATA
# title: What detectors look for
detectors := {"card", "email", "iban", "jwt", "national_id", "phone", "private_key", "secret"}

sources := ["columns", "labels", "detect"]

# METADATA
# title: How an entry masks
way(entry) := object.get(entry, "with", "null") if object.get(entry, "with", "null") != null

else := "null"

# METADATA
# title: How private a way is
# description: The more private, the greater.
privacy(how) := rank if {
	some rank, known in ways
	known == how
}

# METADATA
# title: What is wrong with an entry of mask
# description: Sentences, none where it can be put on. What is not understood is not guessed.
faults(entry) := {"it is no object"} if not is_object(entry)

else := union({unknown_members(entry), not_lists(entry), nothing_named(entry), unknown_ways(entry), unknown_detectors(entry)})

unknown_members(entry) := {sprintf("it has %q, and a mask has: columns, labels, detect, with", [name]) |
	some name, _ in entry
	not name in {"columns", "labels", "detect", "with", "rule", "id", "message", "severity", "remediation"}
}

not_lists(entry) := {sprintf("its %s are no list of names", [name]) |
	some name in sources
	not is_list_of_names(object.get(entry, name, []))
}

is_list_of_names(value) if {
	is_array(value)
	every name in value { is_name(name) }
}

is_list_of_names(value) if {
	is_set(value)
	every name in value { is_name(name) }
}

is_name(value) if {
	is_string(value)
	value != ""
}

nothing_named(entry) := {"it names no columns, labels or detectors" |
	count([1 | some name in sources; some _ in entry[name]]) == 0
}

unknown_ways(entry) := {sprintf("%v is no way to mask; there are: %s", [how, concat(", ", ways)]) |
	how := way(entry)
	not how in ways
}

unknown_detectors(entry) := {sprintf("there is no detector %q; there are: %s", [name, concat(", ", sort(detectors))]) |
	some name in entry.detect
	is_name(name)
	not name in detectors
}
