package sallyport

# regal ignore:pointless-import,prefer-package-imports
import data.sallyport.collected

# METADATA
# title: What replay asks
# description: |
#   The decision, and beside it the id of every rule that said something, whether or not its word decided: an allow
#   under a deny, a mask of a command that is not released. So `sallyport replay` can tell the rules that real traffic
#   never touches.
# entrypoint: true
replay := object.union(decision, {"fired": fired})

fired contains rule_id(item) if {
	some items in [collected.deny, collected.allow, collected.review, collected.mask, collected.limit, collected.notify, collected.record, collected.terminate, collected.quarantine, collected.settings]
	some item in items
}
