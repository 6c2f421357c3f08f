package sallyport

# METADATA
# title: What replay asks
# description: |
#   The decision, and beside it the id of every rule that said something, whether or not its word decided: an allow
#   under a deny, a mask of a command that is not released. So `sallyport replay` can tell the rules that real traffic
#   never touches.
# entrypoint: true
replay := object.union(decision, {"fired": fired})

fired contains rule_id(item) if {
	some item in entries
}
