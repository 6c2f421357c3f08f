package main

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// reads is what an entrypoint depends on besides the bundle itself, where it is asked about commands: what is asked once,
// when a session opens, is never remembered.
type reads struct {
	// Paths into the input, none of them below another. The whole input is the empty path.
	Paths [][]string `json:"paths"`
	// Those of the paths of which nothing is asked but how they compare with whole numbers.
	Compared []comparedPath `json:"compared"`
	// Whether any reachable builtin answers differently each time (the clock).
	Clock    bool     `json:"clock"`
	Builtins []string `json:"builtins"`
}

// readsOf follows every rule that the entrypoints can reach. It may name too much (a reference with a variable counts
// as its constant beginning, a rule under `with` as if the input were not replaced), and never too little.
func readsOf(compiler *ast.Compiler, entrypoints []ast.Ref) reads {
	everything := walkFrom(compiler, entrypoints, nil)
	walk := walkFrom(compiler, entrypoints, isSessionEntry)
	all := slices.Clone(walk.paths)
	for _, one := range walk.comparisons {
		all = append(all, one.path)
	}
	result := reads{Paths: minimal(all), Builtins: nonNil(sortedKeys(everything.builtins))}
	result.Compared = walk.comparedOnly(result.Paths)
	for name := range walk.builtins {
		result.Clock = result.Clock || asksForTime(name)
	}
	return result
}

func walkFrom(compiler *ast.Compiler, entrypoints []ast.Ref, leaveOut func(*ast.Rule) bool) *dependencyWalk {
	walk := &dependencyWalk{compiler: compiler, seen: map[*ast.Rule]bool{}, builtins: map[string]bool{}, leaveOut: leaveOut}
	for _, entrypoint := range entrypoints {
		walk.follow(entrypoint)
	}
	walk.drain()
	return walk
}

// asksForTime goes by OPA's own word but for these: certificates are valid for a while only, which OPA does not say;
// and a schema gives the same answer each time where it cannot refer to the network.
func asksForTime(name string) bool {
	switch name {
	case ast.CryptoX509ParseAndVerifyCertificates.Name, ast.CryptoX509ParseAndVerifyCertificatesWithOptions.Name:
		return true
	case ast.JSONSchemaVerify.Name, ast.JSONMatchSchema.Name:
		return false
	}
	builtin, known := ast.BuiltinMap[name]
	return known && builtin.Nondeterministic
}

type dependencyWalk struct {
	compiler *ast.Compiler
	seen     map[*ast.Rule]bool
	pending  []*ast.Rule
	paths    [][]string
	builtins map[string]bool
	// Rules that are not gone into; none where it is nil.
	leaveOut func(*ast.Rule) bool
	// Uses of paths that do not count as reading them, see comparisonsIn.
	comparisons []comparison
	inRule      map[*ast.Expr]comparison
}

// drain reads the rules that were met and everything that they lead to.
func (w *dependencyWalk) drain() {
	for len(w.pending) > 0 {
		rule := w.pending[len(w.pending)-1]
		w.pending = w.pending[:len(w.pending)-1]
		w.reads(rule)
	}
}

func (w *dependencyWalk) reads(rule *ast.Rule) {
	for part := rule; part != nil; part = part.Else {
		w.inRule = comparisonsIn(part)
		// OPA's visitors leave the reference of a head out; its first part is but the rule's name.
		for _, term := range part.Head.Reference[1:] {
			w.walk(term)
		}
		w.walk(part.Head)
		w.walk(part.Body)
	}
}

func (w *dependencyWalk) walk(node any) {
	ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case *ast.Expr:
			if one, ok := w.inRule[x]; ok {
				w.comparisons = append(w.comparisons, one)
				return true
			}
		case *ast.With:
			// `with input as …` replaces the whole input without a look at it. A replacement inside the input does look:
			// what stands beside it is kept.
			if target, ok := x.Target.Value.(ast.Ref); ok && target.Equal(ast.InputRootRef) {
				w.walk(x.Value)
				return true
			}
		case ast.Ref:
			w.visit(x)
		}
		return false // A reference can hold others: data.a[input.b].
	}).Walk(node)
}

func (w *dependencyWalk) visit(ref ast.Ref) {
	switch {
	case ref.HasPrefix(ast.InputRootRef):
		w.paths = append(w.paths, constantPath(ref))
	case ref.HasPrefix(ast.DefaultRootRef):
		w.follow(ref)
	default:
		if _, ok := ast.BuiltinMap[ref.String()]; ok {
			w.builtins[ref.String()] = true
		}
	}
}

func (w *dependencyWalk) follow(ref ast.Ref) {
	for _, rule := range w.compiler.GetRulesDynamicWithOpts(ref, ast.RulesOptions{IncludeHiddenModules: true}) {
		if !w.seen[rule] && (w.leaveOut == nil || !w.leaveOut(rule)) {
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

// minimal sorts paths and leaves out those below another: in this order they follow the one that covers them.
func minimal(paths [][]string) [][]string {
	slices.SortFunc(paths, slices.Compare)
	out := [][]string{}
	for _, path := range paths {
		if len(out) == 0 || !hasPrefix(path, out[len(out)-1]) {
			out = append(out, path)
		}
	}
	return out
}

func hasPrefix(path, prefix []string) bool {
	return len(path) >= len(prefix) && slices.Equal(path[:len(prefix)], prefix)
}
