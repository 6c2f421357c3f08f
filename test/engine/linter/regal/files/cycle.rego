package a.b.d

import data.a.b.c

s if c.r2

import data.a.b.c as c2

default t := false

t := false if c2.r2

u if {
	input.z
	c.o.x == 1
}
