package a.b.c

import data.a.b.d
import data.access.helpers._private

r contains x if {
	some x in [1, 2]
	not x == 1
	x != 2
}

r2 if {
	input.a
	input.b
	every x in input.xs {
		x.y
	}
	count(input.xs) > 0
	some z in input.xs
	z.q
}

o[k] := v if {
	some k, v in input.m
}

fun(_) := 1

fun2(_) := 1

_private if input.secret

cheese if "käse" == input["käse"]

# regal ignore:line-length
long := "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
