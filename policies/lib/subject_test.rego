package sallyport.subject_test

import data.sallyport.subject

test_in_any if {
	subject.in_any({"dba", "oncall"}) with input.subject.groups as ["support", "oncall"]
	not subject.in_any({"dba"}) with input.subject.groups as ["support"]
	not subject.in_any({"dba"}) with input.subject.groups as []
}
