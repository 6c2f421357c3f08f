package main

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// stage is the moment at which a policy is asked, and a package's place says which: what stands at `policy.session` or
// below it is asked when a session opens and only then, every other package under `policy` for commands and only then.
type stage string

const (
	commandStage stage = "command"
	sessionStage stage = "session"
)

var (
	policyRoot  = ast.MustParseRef("data.policy")
	sessionRoot = ast.MustParseRef("data.policy.session")
)

// The rules with which a policy takes part in the decision (policies/lib/decision.rego).
var effectRules = []string{
	"allow", "deny", "limit", "mask", "notify", "quarantine", "record", "review", "settings", "terminate",
}

// What a rule cannot ask for when a session opens, and why.
var notForSessions = map[string]string{
	"mask":   "mask has no say when a session opens: nothing is returned then",
	"review": "review has no say when a session opens: the client that connects cannot wait for anybody",
}

// Names that mean nothing where commands are judged: packs and helpers call rules of their own so.
var forSessionsAlone = map[string]bool{"settings": true}

func stageOf(place ast.Ref) stage {
	if place.HasPrefix(sessionRoot) {
		return sessionStage
	}
	return commandStage
}

// heardAt gives the effect rules that a stage hears.
func heardAt(when stage) []string {
	return slices.DeleteFunc(slices.Clone(effectRules), func(name string) bool {
		return when == sessionStage && notForSessions[name] != "" || when == commandStage && forSessionsAlone[name]
	})
}

// placeOfEffect gives the package as which an effect rule takes part: `team.deny contains …` in package policy is the
// rule deny of policy.team.
func placeOfEffect(rule *ast.Rule, position int) ast.Ref {
	return rule.Module.Package.Path.Concat(stringTerms(rule.Head.Ref()[:position]))
}

// impossibleAt finds an effect rule that no session can be given when it opens.
func impossibleAt(rule *ast.Rule, head string, when stage) *diagnostic {
	why := notForSessions[head]
	if when != sessionStage || why == "" {
		return nil
	}
	d := at(rule.Location, "error", "effect_rule_of_another_stage", why,
		"give the rule to a package outside policy.session: it is then asked for every command")
	return &d
}

// stagesOf says at which stages any effect rule of the modules takes part.
func stagesOf(modules map[string]*ast.Module) []stage {
	found := map[stage]bool{}
	eachEffectRule(modules, func(_ *ast.Rule, _ string, when stage) { found[when] = true })
	stages := []stage{}
	for _, when := range []stage{commandStage, sessionStage} {
		if found[when] {
			stages = append(stages, when)
		}
	}
	return stages
}

func eachEffectRule(modules map[string]*ast.Module, visit func(rule *ast.Rule, head string, when stage)) {
	for _, file := range sortedKeys(modules) {
		module := modules[file]
		if isOurs(file) || strings.HasSuffix(file, testSuffix) || !module.Package.Path.HasPrefix(policyRoot) {
			continue
		}
		for _, rule := range module.Rules {
			if head, position := effectOf(rule); head != "" {
				visit(rule, head, stageOf(placeOfEffect(rule, position)))
			}
		}
	}
}

// closed warns of policies that judge sessions and let none open: who only wanted to deny some would lock everybody out.
func closed(modules map[string]*ast.Module) []diagnostic {
	var first *ast.Rule
	opens := false
	eachEffectRule(modules, func(rule *ast.Rule, head string, when stage) {
		if when != sessionStage {
			return
		}
		if first == nil {
			first = rule
		}
		opens = opens || head == "allow"
	})
	if first == nil || opens {
		return nil
	}
	return []diagnostic{at(first.Location, "warning", "no_session_opens",
		"sessions are judged here, and no rule allows any, so none opens",
		"write into a package under policy.session: allow contains \"why\" if { … }")}
}

// What of the input there is for commands alone.
var inputOfCommands = []ast.Ref{
	ast.MustParseRef("input.command"), ast.MustParseRef("input.parameters"), ast.MustParseRef("input.result"),
}

// readsCommands finds rules of session packages that read what only commands have: they are undefined whenever they are
// asked, so a denial that was meant would never come.
func readsCommands(compiler *ast.Compiler) []diagnostic {
	var diagnostics []diagnostic
	for _, file := range sortedKeys(compiler.Modules) {
		module := compiler.Modules[file]
		if isOurs(file) || strings.HasSuffix(file, testSuffix) || stageOf(module.Package.Path) != sessionStage {
			continue
		}
		for _, rule := range module.Rules {
			direct := commandTerms(rule)
			for _, term := range direct {
				diagnostics = append(diagnostics, at(term.Location, "error", "input_of_another_stage",
					term.String()+" is not there when a session opens",
					"sessions have input.now, input.subject, input.resource, input.client and input.session; "+
						"rules about commands belong outside policy.session"))
			}
			if len(direct) == 0 && reachesCommands(compiler, rule) {
				diagnostics = append(diagnostics, at(rule.Location, "warning", "input_of_another_stage",
					plainName(rule)+" asks a rule that reads the command, and there is none when a session opens",
					"rules about commands belong outside policy.session"))
			}
		}
	}
	return diagnostics
}

func isOfCommands(ref ast.Ref) bool {
	return slices.ContainsFunc(inputOfCommands, func(root ast.Ref) bool { return ref.HasPrefix(root) })
}

// commandTerms gives the references of one rule itself, each place once.
func commandTerms(rule *ast.Rule) []*ast.Term {
	var found []*ast.Term
	seen := map[[2]int]bool{}
	ast.WalkTerms(rule, func(term *ast.Term) bool {
		ref, ok := term.Value.(ast.Ref)
		if !ok || !isOfCommands(ref) || term.Location == nil {
			return false
		}
		if place := [2]int{term.Location.Row, term.Location.Col}; !seen[place] {
			seen[place] = true
			found = append(found, term)
		}
		return false
	})
	return found
}

// reachesCommands tells whether a rule asks one outside the session packages that reads the command.
func reachesCommands(compiler *ast.Compiler, rule *ast.Rule) bool {
	walk := dependencyWalk{compiler: compiler, seen: map[*ast.Rule]bool{}, builtins: map[string]bool{}}
	walk.leaveOut = func(met *ast.Rule) bool { return stageOf(met.Module.Package.Path) == sessionStage }
	walk.reads(rule)
	walk.drain()
	for _, one := range walk.comparisons {
		walk.paths = append(walk.paths, one.path)
	}
	return slices.ContainsFunc(walk.paths, func(path []string) bool {
		return len(path) > 0 && slices.Contains([]string{"command", "parameters", "result"}, path[0])
	})
}

// isSessionEntry tells a generated rule that collects what a session package says. Commands are never asked for it: what
// it reads, the clock above all, must not count as read by their decisions.
func isSessionEntry(rule *ast.Rule) bool {
	if rule.Location == nil || strings.TrimPrefix(rule.Location.File, "/") != collectedFile {
		return false
	}
	found := false
	ast.WalkRefs(rule, func(ref ast.Ref) bool {
		found = found || ref.HasPrefix(sessionRoot)
		return found
	})
	return found
}
