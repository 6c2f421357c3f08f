package custom.regal.rules.sallyport["secret-in-message_test"]

import data.custom.regal.rules.sallyport["secret-in-message"] as rule
import data.sallyport.lint.testing

flagged := {
	"the text": "deny contains {\"message\": input.command.text} if input.subject.kind == \"agent\"",
	"in a sentence": "deny contains {\"message\": sprintf(\"no: %s\", [input.command.text])} if input.subject.kind == \"agent\"",
	"as the entry": "deny contains sprintf(\"no: %s\", [input.command.text]) if input.subject.kind == \"agent\"",
	"by a variable": "deny contains {\"message\": message} if {\n\tinput.subject.kind == \"agent\"\n\tmessage := sprintf(\"no: %s\", [input.command.text])\n}",
	"by two variables": "deny contains {\"message\": message} if {\n\ttext := substring(input.command.text, 0, 20)\n\tmessage := sprintf(\"no: %s\", [text])\n}",
	"a parameter": "deny contains {\"message\": input.parameters[0].text} if input.subject.kind == \"agent\"",
	"an element of the parameters": "notify contains {\"channel\": \"x\", \"value\": parameter.text} if some parameter in input.parameters",
	"another member": "notify contains {\"channel\": \"x\", \"statement\": input.command.text} if input.subject.kind == \"agent\"",
}

fine := {
	"the verb": "deny contains {\"message\": sprintf(\"no: %s\", [input.command.verb])} if input.subject.kind == \"agent\"",
	"the fingerprint": "deny contains {\"message\": input.command.fingerprint} if input.subject.kind == \"agent\"",
	"a name": "deny contains {\"message\": message} if {\n\tsome target in input.command.targets\n\tmessage := sprintf(\"no: %s\", [concat(\".\", target.path)])\n}",
	"its length": "deny contains {\"message\": sprintf(\"%d characters\", [n])} if {\n\tn := count(input.command.text)\n\tn > 100\n}",
	"a condition": "deny contains {\"message\": \"x\"} if input.command.text == \"SELECT 1\"",
	"a helper": "text := input.command.text",
}

test_flagged if {
	missed := {name | some name, text in flagged; count(rule.report) != 1 with input as testing.policy(text)}
	missed == set()
}

test_fine if {
	wrong := {name | some name, text in fine; count(rule.report) > 0 with input as testing.policy(text)}
	wrong == set()
}
