package sallyport.settings_test

import data.sallyport.settings

shape := {"production": "names", "max_denied": "number", "ttl": "text", "columns": "map", "windows": "list"}

test_all_is_well if {
	settings.problems("pack", {}, shape) == set()
	settings.problems("pack", {"production": ["a"], "max_denied": 1, "ttl": "5m", "columns": {"t": {}}, "windows": [{}]}, shape) == set()
}

test_what_is_wrong[name] if {
	some name, case in {
		"no object": {"given": ["production"], "says": "data.pack must be an object"},
		"a misspelt name": {"given": {"prodction": ["a"]}, "says": "data.pack.prodction is no setting; there are: columns, max_denied, production, ttl, windows"},
		"a text for a list": {"given": {"production": "a"}, "says": "data.pack.production must be a list of names"},
		"a list of other things": {"given": {"production": [1]}, "says": "data.pack.production must be a list of names"},
		"a text for a number": {"given": {"max_denied": "1"}, "says": "data.pack.max_denied must be a number"},
		"a number for a text": {"given": {"ttl": 5}, "says": "data.pack.ttl must be a text"},
		"an object for a list": {"given": {"windows": {}}, "says": "data.pack.windows must be a list"},
		"a list for an object": {"given": {"columns": []}, "says": "data.pack.columns must be an object"},
	}
	settings.problems("pack", case.given, shape) == {case.says}
}
