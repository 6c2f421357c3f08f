package policy.shop_test

import data.policy.shop

command(effects) := {"effects": effects, "complete": true, "targets": []}

test_people_change_data if {
	shop.allow with input as {"subject": {"kind": "human"}, "command": command(["read", "write"])}
}
