package access.helpers_test

import data.access.helpers

test_f if {
	helpers.f(1, 2) == 1
}

test_f if {
	helpers.f(1, []) == []
}

todo_test_later if {
	helpers.single
}

test_foo if {
	foo := "bar"
	helpers.pattern(foo) with input as {"baz": 1}
}

helper if helpers.single with input as {"x": "one"}
