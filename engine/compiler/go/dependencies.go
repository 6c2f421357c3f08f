package main

import (
	"sort"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// reads is what an entrypoint depends on besides the bundle itself.
type reads struct {
	// Paths into the input, none of them below another. The whole input is the empty path.
	Paths [][]string `json:"paths"`
	// Whether any reachable builtin answers differently each time (the clock).
	Clock    bool     `json:"clock"`
	Builtins []string `json:"builtins"`
}

// readsOf follows every rule that the entrypoints can reach. It may name too much (a reference with a variable counts
// as its constant beginning, an input replaced by `with` counts as read), and never too little.
func readsOf(compiler *ast.Compiler, entrypoints []ast.Ref) reads {
	walk := dependencyWalk{compiler: compiler, seen: map[*ast.Rule]bool{}, paths: map[string][]string{}, builtins: map[string]bool{}}
	for _, entrypoint := range entrypoints {
		walk.follow(entrypoint)
	}
	for len(walk.pending) > 0 {
		rule := walk.pending[len(walk.pending)-1]
		walk.pending = walk.pending[:len(walk.pending)-1]
		ast.WalkRefs(rule, walk.visit)
	}
	result := reads{Paths: minimal(walk.paths), Builtins: nonNil(sortedKeys(walk.builtins))}
	for name := range walk.builtins {
		if builtin, ok := ast.BuiltinMap[name]; ok && builtin.Nondeterministic {
			result.Clock = true
		}
	}
	return result
}

type dependencyWalk struct {
	compiler *ast.Compiler
	seen     map[*ast.Rule]bool
	pending  []*ast.Rule
	paths    map[string][]string
	builtins map[string]bool
}

func (w *dependencyWalk) visit(ref ast.Ref) bool {
	switch {
	case ref.HasPrefix(ast.InputRootRef):
		path := constantPath(ref)
		w.paths[strings.Join(path, "\x00")+"\x00"] = path
	case ref.HasPrefix(ast.DefaultRootRef):
		w.follow(ref)
	default:
		if _, ok := ast.BuiltinMap[ref.String()]; ok {
			w.builtins[ref.String()] = true
		}
	}
	return false // A reference can hold others: data.a[input.b].
}

func (w *dependencyWalk) follow(ref ast.Ref) {
	for _, rule := range w.compiler.GetRulesDynamicWithOpts(ref, ast.RulesOptions{IncludeHiddenModules: true}) {
		if !w.seen[rule] {
			w.seen[rule] = true
			w.pending = append(w.pending, rule)
		}
	}
}

// constantPath is what follows `input`, up to the first step that is not a constant string.
func constantPath(ref ast.Ref) []string {
	path := []string{}
	for _, term := range ref[1:] {
		step, ok := term.Value.(ast.String)
		if !ok {
			break
		}
		path = append(path, string(step))
	}
	return path
}

func minimal(paths map[string][]string) [][]string {
	keys := sortedKeys(paths)
	if _, whole := paths["\x00"]; whole {
		return [][]string{{}}
	}
	out := [][]string{}
	for _, key := range keys {
		covered := false
		for _, other := range keys {
			if other != key && strings.HasPrefix(key, other) {
				covered = true
			}
		}
		if !covered {
			out = append(out, paths[key])
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return strings.Join(out[i], ".") < strings.Join(out[j], ".") })
	return out
}
