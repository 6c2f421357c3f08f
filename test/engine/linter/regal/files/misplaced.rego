package access

import rego.v1

test_it if allow

allow if input.admin

constant if {
	input.x = "y"
}

# METADATA
# title: detached

shadow := input

sum := 1

http := "x"
