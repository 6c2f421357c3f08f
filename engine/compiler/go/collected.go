package main

import (
	"fmt"
	"sort"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

const collectedFile = "sallyport/collected.rego"

var collectedRoot = ast.MustParseRef("data.sallyport.collected")

// collect writes the module that names, for each effect rule, every package under `policy` that has it. Static
// references keep evaluation fast and the dependency analysis exact, and reach packages at any depth. Each package is
// asked at its own stage.
//
// A rule of one of these names that is not a partial set is an error: `deny if …` gives true, which no merge would
// ever look at, so it would let through what its author forbids.
func collect(modules map[string]*ast.Module) (string, []diagnostic) {
	packages := map[string]map[string]stage{}
	var diagnostics []diagnostic
	for _, file := range sortedKeys(modules) {
		module := modules[file]
		if strings.HasSuffix(file, testSuffix) || !module.Package.Path.HasPrefix(policyRoot) {
			continue
		}
		for _, rule := range module.Rules {
			head, position := effectOf(rule)
			if head == "" {
				diagnostics = append(diagnostics, misspelt(rule)...)
				continue
			}
			place := placeOfEffect(rule, position)
			d := notPartialSet(rule, head, position)
			if d == nil {
				d = impossibleAt(rule, head, stageOf(place))
			}
			if d != nil {
				diagnostics = append(diagnostics, *d)
				continue
			}
			if packages[head] == nil {
				packages[head] = map[string]stage{}
			}
			packages[head][place.String()] = stageOf(place)
		}
	}
	return renderCollected(packages, stagesOf(modules)), diagnostics
}

// reserved finds what stands where the generated module belongs.
func reserved(modules map[string]*ast.Module) []diagnostic {
	var diagnostics []diagnostic
	for _, file := range sortedKeys(modules) {
		location := modules[file].Package.Location
		if file == collectedFile {
			diagnostics = append(diagnostics, at(location, "error", "reserved_file",
				collectedFile+" is generated", "give your file another name"))
		} else if modules[file].Package.Path.HasPrefix(collectedRoot) {
			diagnostics = append(diagnostics, at(location, "error", "reserved_package",
				"the package sallyport.collected is generated", "put your rules into a package under policy"))
		}
	}
	return diagnostics
}

// effectOf gives the effect rule that a head names, and where in its reference: 0 in `deny contains`, 1 in
// `team.deny contains`. A value below a longer reference (`defaults.limit := 5`) is no effect rule.
func effectOf(rule *ast.Rule) (string, int) {
	ref := rule.Head.Ref()
	if name := plain(ref[0].Value); isEffectRule(name, rule, 0) {
		return name, 0
	}
	last := len(ref) - 1
	if name, ok := ref[last].Value.(ast.String); ok && isEffectRule(string(name), rule, last) && rule.Head.RuleKind() == ast.MultiValue {
		return string(name), last
	}
	return "", 0
}

// stringTerms makes the beginning of a head's reference fit to follow a package's path.
func stringTerms(ref ast.Ref) []*ast.Term {
	out := make([]*ast.Term, 0, len(ref))
	for _, term := range ref {
		out = append(out, ast.StringTerm(plain(term.Value)))
	}
	return out
}

func isEffectRule(name string, rule *ast.Rule, position int) bool {
	if forSessionsAlone[name] && stageOf(placeOfEffect(rule, position)) != sessionStage {
		return false
	}
	i := sort.SearchStrings(effectRules, name)
	return i < len(effectRules) && effectRules[i] == name
}

func notPartialSet(rule *ast.Rule, head string, position int) *diagnostic {
	ref := rule.Head.Ref()
	set := rule.Head.RuleKind() == ast.MultiValue && rule.Head.Args == nil && !rule.Default
	if set && position == len(ref)-1 && len(ref.StringPrefix()) == len(ref) {
		return nil
	}
	d := at(rule.Location, "error", "effect_rule_not_a_set",
		fmt.Sprintf("%s must be a set of reasons, or the decision cannot see it", head),
		fmt.Sprintf("write: %s contains \"why\" if { … }", head))
	return &d
}

// misspelt warns of a set whose name is one letter away from an effect rule's.
func misspelt(rule *ast.Rule) []diagnostic {
	if rule.Head.RuleKind() != ast.MultiValue || len(rule.Head.Ref()) != 1 {
		return nil
	}
	head := plain(rule.Head.Ref()[0].Value)
	for _, name := range heardAt(stageOf(rule.Module.Package.Path)) {
		if oneEditApart(head, name) {
			return []diagnostic{at(rule.Location, "warning", "effect_rule_misspelt",
				fmt.Sprintf("%s takes no part in the decision", head), fmt.Sprintf("did you mean %s?", name))}
		}
	}
	return nil
}

// oneEditApart tells whether one inserted, deleted, replaced or swapped letter makes the one word the other.
func oneEditApart(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch len(b) - len(a) {
	case 0:
		return i < len(a) && (a[i+1:] == b[i+1:] ||
			i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:])
	case 1:
		return a[i:] == b[i+1:]
	}
	return false
}

// renderCollected erases the entries' types with a union (`|` gives a set of anything): whether decision.rego passes the
// type checker must not depend on what the policies happen to say.
func renderCollected(packages map[string]map[string]stage, stages []stage) string {
	var out strings.Builder
	out.WriteString("# Generated by the policy compiler: what every package under `policy` says.\n")
	out.WriteString("package sallyport.collected\n")
	fmt.Fprintf(&out, "\n# The stages at which any of them is asked.\nstages := %s\n", setOf(stages))
	for _, rule := range effectRules {
		names := sortedKeys(packages[rule])
		if len(names) == 0 {
			fmt.Fprintf(&out, "\n%s := set() | set()\n", rule)
		}
		for _, name := range names {
			fmt.Fprintf(&out, "\n%s contains entry if {\n\t%s\n\tsome value in %s.%s | set()\n\tentry := {\"package\": %q, \"rule\": %q, \"value\": value}\n}\n",
				rule, asked[packages[rule][name]], name, rule, strings.TrimPrefix(name, "data."), rule)
		}
	}
	return out.String()
}

// When a package is asked. An input without a stage is a command's.
var asked = map[stage]string{
	sessionStage: `input.stage == "session"`,
	commandStage: `not input.stage == "session"`,
}

func setOf(stages []stage) string {
	if len(stages) == 0 {
		return "set()"
	}
	quoted := make([]string, 0, len(stages))
	for _, one := range stages {
		quoted = append(quoted, fmt.Sprintf("%q", string(one)))
	}
	return "{" + strings.Join(quoted, ", ") + "}"
}
