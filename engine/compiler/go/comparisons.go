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
	bounds []int64
}

// comparisonsIn finds them in one rule. OPA's compiler has bound most references in calls to variables of their own.
func comparisonsIn(rule *ast.Rule) map[*ast.Expr]comparison {
	found := map[*ast.Expr]comparison{}
	bound := map[ast.Var]*ast.Expr{}
	uses := map[ast.Var]int{}
	compared := map[ast.Var][]int64{}
	visitor := ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case ast.Var:
			uses[x]++
		case *ast.Expr:
			if path, name := binding(x); path != nil {
				found[x] = comparison{path: path}
				bound[name] = x
			} else if operand, number, ok := comparedOperand(x); ok {
				switch value := operand.(type) {
				case ast.Var:
					compared[value] = append(compared[value], number)
				case ast.Ref:
					if value.HasPrefix(ast.InputRootRef) && isConstant(value) {
						found[x] = comparison{path: constantPath(value), bounds: []int64{number}}
					}
				}
			}
		}
		return false
	})
	for _, term := range rule.Head.Reference {
		visitor.Walk(term)
	}
	visitor.Walk(rule.Head)
	visitor.Walk(rule.Body)
	for name, expr := range bound {
		// Each use but the binding itself is a comparison.
		if len(compared[name]) == 0 || uses[name] != len(compared[name])+1 {
			delete(found, expr)
			continue
		}
		found[expr] = comparison{path: found[expr].path, bounds: compared[name]}
	}
	return found
}

// binding tells whether an expression binds a path of the input to a variable.
func binding(expr *ast.Expr) ([]string, ast.Var) {
	if !expr.IsEquality() || expr.Negated || len(expr.With) > 0 || len(expr.Operands()) != 2 {
		return nil, ""
	}
	for i, operand := range expr.Operands() {
		name, isVar := operand.Value.(ast.Var)
		ref, isRef := expr.Operand(1 - i).Value.(ast.Ref)
		if isVar && isRef && ref.HasPrefix(ast.InputRootRef) && isConstant(ref) {
			return constantPath(ref), name
		}
	}
	return nil, ""
}

// comparedOperand gives what an expression compares with a whole number.
func comparedOperand(expr *ast.Expr) (ast.Value, int64, bool) {
	if !expr.IsCall() || !comparing[expr.Operator().String()] || len(expr.With) > 0 || len(expr.Operands()) != 2 {
		return nil, 0, false
	}
	for i, operand := range expr.Operands() {
		number, ok := operand.Value.(ast.Number)
		if !ok || strings.ContainsAny(number.String(), ".eE") {
			continue
		}
		value, err := strconv.ParseInt(number.String(), 10, 64)
		if err == nil && value > -exactly && value < exactly {
			return expr.Operand(1 - i).Value, value, true
		}
	}
	return nil, 0, false
}

func isConstant(ref ast.Ref) bool {
	return len(ref) > 1 && len(constantPath(ref)) == len(ref)-1
}

// comparedOnly gives the paths among those that are read of which every use is a comparison.
func comparedOnly(paths [][]string, read [][]string, comparisons []comparison) []comparedPath {
	out := []comparedPath{}
	for _, path := range paths {
		same := func(other []string) bool { return slices.Equal(other, path) }
		if slices.ContainsFunc(read, same) {
			continue
		}
		bounds := []int64{}
		for _, one := range comparisons {
			if same(one.path) {
				bounds = append(bounds, one.bounds...)
			}
		}
		if len(bounds) > 0 {
			slices.Sort(bounds)
			out = append(out, comparedPath{Path: path, Bounds: slices.Compact(bounds)})
		}
	}
	return out
}
