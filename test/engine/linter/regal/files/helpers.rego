package access.helpers

import data.access

# TODO: finish this
f(a, b) := a

f(b, a) := b if count(a) > 0

time_passed if {
	start := time.now_ns()
	end := time.now_ns()
	end > start
}

pattern(x) if regex.match("^\\d+$", x)

any_of(xs) if {
	xs[_] == "a"
}

rule_with_else := 1 if {
	input.a
} else := 2

default_not if not input.foo

loop contains y if {
	walk(input, [path, value])
	y := value
}

keys contains k if some k, _ in input.map

single if input.x in {"one"}

has if _ = input.obj["key"]

nested if {
	count([x | some x in input.list]) > 0
	some y in input.list
	y == 1
}

format := concat("", [
	"a",     "b"])

input_assign := {"a": 1}

object := {"x": 1}

very_long_line_that_goes_on_and_on := "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb ccccccccccccccccccc ddddddddd"

p if {
	print("debugging")
	http.send({"method": "get", "url": "http://localhost"}, response)
	response.status_code == 200
}
