package access

import data.access.helpers
import data.nothing.here
import input.user as user
import rego.v1

# METADATA
# title: Two
# descripton: misspelt
allow := true if {
	1 == 1
	user.name == "ada"
}

deny contains message if {
	some i
	input.users[i].name == "eve"
	message := sprintf("%s %s", ["a"])
}

get_user(x) := x

list = [1, 2]

default level := 1

camelCase := 1

#no space
contains_a if {
	input.names[_] != "b"
}

other_allow if {
	not not_set
	x := input.user
	"b" == x.name
}

not_set if input.y == input.z
