package sallyport.masking_test

import data.sallyport.masking

test_what_can_be_put_on[name] if {
	some name, entry in {
		"columns": {"columns": ["email"], "with": "partial"},
		"labels": {"labels": ["pii"], "with": "hash"},
		"detectors": {"detect": ["card", "secret"], "with": "redact"},
		"a set of names": {"columns": {"email", "phone"}, "with": "fake"},
		"all three": {"columns": ["email"], "labels": ["pii"], "detect": ["card"], "with": "null"},
		"an empty list beside another": {"columns": [], "labels": ["pii"], "with": "null"},
		"no way: the most private one": {"columns": ["email"]},
		"null as JSON and YAML have it": {"columns": ["email"], "with": null},
		"what any entry may hold": {"columns": ["email"], "rule": {}, "id": "A", "message": "m", "severity": "low", "remediation": "r"},
	}
	masking.faults(entry) == set()
}

test_what_cannot[name] if {
	some name, case in {
		"a text": {"entry": "email", "says": {"it is no object"}},
		"a list": {"entry": ["email"], "says": {"it is no object"}},
		"nothing": {"entry": {}, "says": {"it names no columns, labels or detectors"}},
		"a way for nothing": {"entry": {"with": "hash"}, "says": {"it names no columns, labels or detectors"}},
		"empty lists": {"entry": {"columns": [], "labels": []}, "says": {"it names no columns, labels or detectors"}},
		"a misspelt list": {
			"entry": {"columns": ["email"], "lables": ["pii"]},
			"says": {`it has "lables", and a mask has: columns, labels, detect, with`},
		},
		"one name without its list": {"entry": {"columns": ["a"], "labels": "pii"}, "says": {"its labels are no list of names"}},
		"a name that is none": {"entry": {"columns": ["a", 1]}, "says": {"its columns are no list of names"}},
		"an empty name": {"entry": {"columns": ["a", ""]}, "says": {"its columns are no list of names"}},
		"an empty name in a set": {"entry": {"columns": {"a", ""}}, "says": {"its columns are no list of names"}},
		"a way that does not exist": {
			"entry": {"columns": ["a"], "with": "stars"},
			"says": {"stars is no way to mask; there are: partial, fake, hash, redact, null"},
		},
		"a way that is no text": {
			"entry": {"columns": ["a"], "with": 3},
			"says": {"3 is no way to mask; there are: partial, fake, hash, redact, null"},
		},
		"a detector that does not exist": {
			"entry": {"detect": ["cards"]},
			"says": {`there is no detector "cards"; there are: card, email, iban, jwt, national_id, phone, private_key, secret`},
		},
	}
	masking.faults(case.entry) == case.says
}

test_way[name] if {
	some name, case in {
		"as it says": {"entry": {"with": "hash"}, "is": "hash"},
		"left out": {"entry": {}, "is": "null"},
		"null": {"entry": {"with": null}, "is": "null"},
	}
	masking.way(case.entry) == case.is
}

test_each_way_is_more_private_than_the_one_before if {
	every position in numbers.range(1, count(masking.ways) - 1) {
		masking.privacy(masking.ways[position - 1]) < masking.privacy(masking.ways[position])
	}
}
