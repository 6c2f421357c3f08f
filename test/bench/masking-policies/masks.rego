# A column for each way, so that one gateway shows what they cost.
package policy.masks

allow contains {"message": "all may", "accept": "incomplete"}

mask contains {"columns": ["by_null"], "with": "null"}

mask contains {"columns": ["by_redact"], "with": "redact"}

mask contains {"columns": ["by_partial"], "with": "partial"}

mask contains {"columns": ["by_hash"], "with": "hash"}

mask contains {"detect": ["card", "iban", "phone", "national_id", "secret", "jwt", "private_key"], "with": "redact"} if {
	some target in input.command.targets
	"bench_searched" in target.path
}
