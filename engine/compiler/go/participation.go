package main

import (
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

var libraryRoot = ast.MustParseRef("data.sallyport")

// Modules that come with Sallyport carry this before their names.
const libraryPrefix = "sallyport:"

// isOurs tells the library and the generated module from the policies of whoever asks.
func isOurs(file string) bool {
	file = strings.TrimPrefix(file, "/")
	return file == collectedFile || strings.HasPrefix(file, libraryPrefix)
}

// bystanders warns of rules that look like a policy's word and that no decision ever hears: an author who wrote
// `deny contains …` into the wrong package, or gave it a name of another tool, would believe that something is denied.
func bystanders(compiler *ast.Compiler, modules map[string]*ast.Module) []diagnostic {
	var diagnostics []diagnostic
	read := setsThatAreRead(compiler)
	for _, file := range sortedKeys(modules) {
		if isOurs(file) {
			continue
		}
		warned := map[string]bool{}
		// The compiler's copy: its graph knows no other.
		for _, rule := range compiler.Modules[file].Rules {
			path := rule.Ref().GroundPrefix().String()
			// The other rules of one set say nothing new.
			if rule.Head.RuleKind() != ast.MultiValue || warned[path] {
				continue
			}
			if d := bystander(file, rule, read); d != nil {
				warned[path] = true
				diagnostics = append(diagnostics, *d)
			}
		}
	}
	return diagnostics
}

func bystander(file string, rule *ast.Rule, read map[string]bool) *diagnostic {
	name, _ := effectOf(rule)
	inPolicy := rule.Module.Package.Path.HasPrefix(policyRoot)
	warn := func(code, message, help string) *diagnostic {
		d := at(rule.Location, "warning", code, message, help)
		return &d
	}
	switch {
	case strings.HasSuffix(file, testSuffix):
		if name == "" || !inPolicy {
			return nil
		}
		return warn("effect_rule_in_test", fmt.Sprintf("%s takes no part in the decision: it stands in a test", name),
			"files that end in "+testSuffix+" are left out of a bundle; move the rule to another file")
	case read[rule.Ref().GroundPrefix().String()]:
		return nil
	case name != "" && !inPolicy:
		return warn("effect_rule_outside_policy",
			fmt.Sprintf("%s takes no part in the decision: %s does not stand under policy", name, packageName(rule)),
			fmt.Sprintf("write: package policy.%s", packageName(rule)))
	case inPolicy && forSessionsAlone[plainName(rule)] && name == "":
		return warn("effect_rule_of_another_stage",
			fmt.Sprintf("%s has a say when a session opens, and only then", plainName(rule)),
			"give the rule to a package under policy.session")
	case name == "" && inPolicy && len(misspelt(rule)) == 0 && !isEntrypoint(rule):
		return warn("rule_takes_no_part",
			fmt.Sprintf("%s takes no part in the decision: no rule reads it", plainName(rule)),
			"the rules that a decision hears are "+strings.Join(heardAt(stageOf(rule.Module.Package.Path)), ", "))
	}
	return nil
}

// setsThatAreRead gives the rules that some other rule looks at. Tests do not count: they decide nothing.
func setsThatAreRead(compiler *ast.Compiler) map[string]bool {
	read := map[string]bool{}
	for _, module := range compiler.Modules {
		for _, rule := range module.Rules {
			for dependent := range compiler.Graph.Dependents(rule) {
				reader, ok := dependent.(*ast.Rule)
				if ok && !strings.HasSuffix(reader.Location.File, testSuffix) {
					read[rule.Ref().GroundPrefix().String()] = true
				}
			}
		}
	}
	return read
}

func isEntrypoint(rule *ast.Rule) bool {
	for _, annotations := range rule.Annotations {
		if annotations.Entrypoint {
			return true
		}
	}
	return false
}

func packageName(rule *ast.Rule) string {
	return strings.TrimPrefix(rule.Module.Package.Path.String(), "data.")
}

func plainName(rule *ast.Rule) string {
	return rule.Head.Ref().GroundPrefix().String()
}

// silent warns when nothing at all has a say, and no other finding says why: every command would be denied.
func silent(modules map[string]*ast.Module, found []diagnostic) []diagnostic {
	for _, d := range found {
		if d.Code == "effect_rule_misspelt" || d.Code == "effect_rule_outside_policy" || d.Code == "effect_rule_in_test" ||
			d.Code == "rule_takes_no_part" {
			return nil
		}
	}
	policies := false
	for _, file := range sortedKeys(modules) {
		if isOurs(file) || strings.HasSuffix(file, testSuffix) {
			continue
		}
		// Whoever works on the library checks it as well.
		policies = policies || !modules[file].Package.Path.HasPrefix(libraryRoot)
		if !modules[file].Package.Path.HasPrefix(policyRoot) {
			continue
		}
		for _, rule := range modules[file].Rules {
			if name, position := effectOf(rule); name != "" && stageOf(placeOfEffect(rule, position)) == commandStage {
				return nil
			}
		}
	}
	if !policies {
		return nil
	}
	return []diagnostic{{Severity: "warning", Code: "nothing_takes_part",
		Message: "no rule here takes part in the decision, so every command is denied",
		Help:    "a policy is a package under policy with rules such as: allow contains \"why\" if { … }"}}
}
