package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// comparedPath is a path of which nothing is asked but how its value compares with whole numbers, such as
// `input.session.counters.denied >= 50`: numbers between the same bounds then give the same decision.
type comparedPath struct {
	Path []string `json:"path"`
	// Sorted, each once.
	Bounds []int64 `json:"bounds"`
	// Entrypoints that give further bounds: rules that depend on the bundle alone.
	BoundBy []string `json:"bound_by"`
}

var comparing = map[string]bool{
	ast.Equality.Name: true, ast.Equal.Name: true, ast.NotEqual.Name: true,
	ast.GreaterThan.Name: true, ast.GreaterThanEq.Name: true, ast.LessThan.Name: true, ast.LessThanEq.Name: true,
}

// exactly is the end of the whole numbers that a double holds one by one.
const exactly = 1 << 53

// comparison is an expression that does no more with a path than to compare it, or to bind it to a variable that is
// compared and nothing else.
type comparison struct {
	path   []string
	bounds []bound
}

// bound is what a path is compared with: a whole number, or a rule's value.
type bound struct {
	number int64
	rule   ast.Ref
}

// comparisonsIn finds them in one rule. OPA's compiler has bound most references in calls to variables of their own.
func comparisonsIn(rule *ast.Rule) map[*ast.Expr]comparison {
	found := map[*ast.Expr]comparison{}
	bindings := map[ast.Var]*ast.Expr{}
	values := map[ast.Var]ast.Ref{}
	uses := map[ast.Var]int{}
	var calls []*ast.Expr
	visitor := ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case ast.Var:
			uses[x]++
		case *ast.Expr:
			if name, ref := binding(x); ref == nil {
				calls = append(calls, x)
			} else if ref.HasPrefix(ast.InputRootRef) {
				found[x] = comparison{path: constantPath(ref)}
				bindings[name] = x
			} else {
				values[name] = ref
			}
		}
		return false
	})
	for _, term := range rule.Head.Reference {
		visitor.Walk(term)
	}
	visitor.Walk(rule.Head)
	visitor.Walk(rule.Body)
	compared := map[ast.Var][]bound{}
	for _, call := range calls {
		operand, by, ok := comparedOperand(call, values)
		if !ok {
			continue
		}
		switch value := operand.(type) {
		case ast.Var:
			compared[value] = append(compared[value], by)
		case ast.Ref:
			if value.HasPrefix(ast.InputRootRef) && isConstant(value) {
				found[call] = comparison{path: constantPath(value), bounds: []bound{by}}
			}
		}
	}
	for name, expr := range bindings {
		// Each use but the binding itself is a comparison.
		if len(compared[name]) == 0 || uses[name] != len(compared[name])+1 {
			delete(found, expr)
			continue
		}
		found[expr] = comparison{path: found[expr].path, bounds: compared[name]}
	}
	return found
}

// binding tells whether an expression binds a path of the input, or a rule's value, to a variable.
func binding(expr *ast.Expr) (ast.Var, ast.Ref) {
	if !expr.IsEquality() || expr.Negated || len(expr.With) > 0 || len(expr.Operands()) != 2 {
		return "", nil
	}
	for i, operand := range expr.Operands() {
		name, isVar := operand.Value.(ast.Var)
		ref, isRef := expr.Operand(1 - i).Value.(ast.Ref)
		root := isRef && (ref.HasPrefix(ast.InputRootRef) || ref.HasPrefix(ast.DefaultRootRef))
		// A variable that `=` made could be another one in the next comprehension; generated ones are each its own.
		if isVar && name.IsGenerated() && root && isConstant(ref) {
			return name, ref
		}
	}
	return "", nil
}

// comparedOperand gives what an expression compares with a whole number or a rule's value, and with which.
func comparedOperand(expr *ast.Expr, values map[ast.Var]ast.Ref) (ast.Value, bound, bool) {
	if !expr.IsCall() || !comparing[expr.Operator().String()] || len(expr.With) > 0 || len(expr.Operands()) != 2 {
		return nil, bound{}, false
	}
	for i, operand := range expr.Operands() {
		other := expr.Operand(1 - i).Value
		switch value := operand.Value.(type) {
		case ast.Number:
			if number, ok := wholeNumber(value); ok {
				return other, bound{number: number}, true
			}
		case ast.Var:
			if ref, ok := values[value]; ok {
				return other, bound{rule: ref}, true
			}
		case ast.Ref:
			if value.HasPrefix(ast.DefaultRootRef) && isConstant(value) {
				return other, bound{rule: value}, true
			}
		}
	}
	return nil, bound{}, false
}

func wholeNumber(number ast.Number) (int64, bool) {
	if strings.ContainsAny(number.String(), ".eE") {
		return 0, false
	}
	value, err := strconv.ParseInt(number.String(), 10, 64)
	return value, err == nil && value > -exactly && value < exactly
}

func isConstant(ref ast.Ref) bool {
	return len(ref) > 1 && len(constantPath(ref)) == len(ref)-1
}

// comparedOnly gives the paths among those that are read of which every use is a comparison, with bounds that no input
// can move.
func (w *dependencyWalk) comparedOnly(paths [][]string) []comparedPath {
	out := []comparedPath{}
	for _, path := range paths {
		same := func(other []string) bool { return slices.Equal(other, path) }
		if slices.ContainsFunc(w.paths, same) {
			continue
		}
		one := comparedPath{Path: path, Bounds: []int64{}, BoundBy: []string{}}
		fixed := true
		for _, comparison := range w.comparisons {
			if !same(comparison.path) {
				continue
			}
			for _, by := range comparison.bounds {
				if by.rule == nil {
					one.Bounds = append(one.Bounds, by.number)
				} else if w.isFixed(by.rule) {
					one.BoundBy = append(one.BoundBy, strings.Join(constantPath(by.rule), "/"))
				} else {
					fixed = false
				}
			}
		}
		if fixed && len(one.Bounds)+len(one.BoundBy) > 0 {
			slices.Sort(one.Bounds)
			slices.Sort(one.BoundBy)
			one.Bounds, one.BoundBy = slices.Compact(one.Bounds), slices.Compact(one.BoundBy)
			out = append(out, one)
		}
	}
	return out
}

// isFixed tells whether a reference names a rule, one that reads neither the input nor the clock.
func (w *dependencyWalk) isFixed(ref ast.Ref) bool {
	if len(w.compiler.GetRulesExact(ref)) == 0 {
		return false
	}
	walk := dependencyWalk{compiler: w.compiler, seen: map[*ast.Rule]bool{}, builtins: map[string]bool{}}
	walk.follow(ref)
	walk.drain()
	for name := range walk.builtins {
		if asksForTime(name) {
			return false
		}
	}
	return len(walk.paths)+len(walk.comparisons) == 0
}

// boundBy gives the entrypoints that the bounds of paths come from, without those that are asked for anyway.
func (r reads) boundBy(asked []string) []string {
	var out []string
	for _, one := range r.Compared {
		for _, name := range one.BoundBy {
			if !slices.Contains(asked, name) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}
