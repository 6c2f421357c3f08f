# METADATA
# title: Who asks
package sallyport.subject

# METADATA
# title: Is a member of one of these groups
# description: '`subject.in_any({"dba", "oncall"})`'
in_any(groups) if {
	some group in input.subject.groups
	group in groups
}
