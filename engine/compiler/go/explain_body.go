package main

import (
	"regexp"
	"sort"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// grouping puts the expressions of a compiled body back together to what its author wrote: the compiler makes several of
// `count(input.command.targets) > 3`.
type grouping struct {
	list []*group
	body ast.Body
	// Index into list, by expression.
	index map[*ast.Expr]int
}

type group struct {
	// What the author wrote.
	base  *ast.Expr
	exprs []*ast.Expr
	// It makes the rule's value and stands in its head.
	head bool
	text string
}

func groupsOf(body ast.Body, head *ast.Location) *grouping {
	groups := &grouping{body: body, index: make(map[*ast.Expr]int, len(body))}
	byBase := map[*ast.Expr]int{}
	for _, expr := range body {
		base := outermost(expr.BaseCogeneratedExpr(), body)
		i, known := byBase[base]
		if !known {
			i = len(groups.list)
			byBase[base] = i
			groups.list = append(groups.list, &group{base: base, head: within(base.Location, head), text: textOf(base, head)})
		}
		groups.list[i].exprs = append(groups.list[i].exprs, expr)
		groups.index[expr] = i
	}
	return groups
}

// outermost finds the expression that holds another one: the domain of an `every` is not told to belong to it.
func outermost(base *ast.Expr, body ast.Body) *ast.Expr {
	for _, expr := range body {
		other := expr.BaseCogeneratedExpr()
		if other != base && within(base.Location, other.Location) && len(other.Location.Text) > len(base.Location.Text) {
			base = other
		}
	}
	return base
}

func within(location, head *ast.Location) bool {
	return location != nil && head != nil && location.File == head.File &&
		location.Offset >= head.Offset && location.Offset+len(location.Text) <= head.Offset+len(head.Text)
}

func (g *grouping) of(expr *ast.Expr) int { return g.index[expr] }

// without gives the body's expressions but for some groups.
func (g *grouping) without(left map[int]bool) ast.Body {
	var body ast.Body
	for _, expr := range g.body {
		if !left[g.index[expr]] {
			body = append(body, expr)
		}
	}
	return body
}

// dependents are the groups that mention a variable which a group is the first to mention, and those that need these.
func (g *grouping) dependents(of int) []int {
	first := map[ast.Var]int{}
	uses := make([]map[ast.Var]bool, len(g.list))
	for _, expr := range g.body {
		i := g.index[expr]
		if uses[i] == nil {
			uses[i] = map[ast.Var]bool{}
		}
		for _, name := range variablesOf(expr) {
			if _, seen := first[name]; !seen {
				first[name] = i
			}
			uses[i][name] = true
		}
	}
	without := map[int]bool{of: true}
	for grown := true; grown; {
		grown = false
		for i := range g.list {
			for name := range uses[i] {
				if !without[i] && without[first[name]] && first[name] != i {
					without[i], grown = true, true
				}
			}
		}
	}
	delete(without, of)
	out := make([]int, 0, len(without))
	for i := range without {
		out = append(out, i)
	}
	sort.Ints(out)
	return out
}

// variablesOf leaves out the roots of documents and the names of builtins.
func variablesOf(expr *ast.Expr) []ast.Var {
	var names []ast.Var
	ast.WalkVars(expr, func(name ast.Var) bool {
		if strings.HasPrefix(string(name), ast.LocalVarPrefix) || strings.HasPrefix(string(name), ast.WildcardPrefix) {
			names = append(names, name)
		}
		return false
	})
	return names
}

// trivial is the body of a rule without one.
func (g *group) trivial() bool {
	term, ok := g.base.Terms.(*ast.Term)
	return ok && !g.base.Negated && ast.Boolean(true).Equal(term.Value)
}

// binds tells whether the author gives a name to values and tests nothing.
func (g *group) binds() bool {
	if strings.HasPrefix(g.text, "some ") {
		return true
	}
	terms, ok := g.base.Terms.([]*ast.Term)
	return ok && len(terms) == 3 && terms[0].Location != nil && string(terms[0].Location.Text) == ast.Assign.Infix
}

// textOf is what the author wrote. Of a body behind `else … if` OPA's location is all of the else, and those behind it.
func textOf(base *ast.Expr, head *ast.Location) string {
	if base.Location == nil {
		return base.String()
	}
	text := string(base.Location.Text)
	if head == nil || !strings.HasPrefix(text, "else") {
		return text
	}
	if body, ok := strings.CutPrefix(strings.TrimPrefix(text, string(head.Text)), " if "); ok {
		return nextElse.Split(body, 2)[0]
	}
	return text
}

var nextElse = regexp.MustCompile(`\s+else\b`)

// describe completes a condition with where and what it is.
func (g *group) describe(state condition) condition {
	state.Text = shorten(oneLine(g.text), textLimit)
	if location := g.base.Location; location != nil {
		state.File, state.Row, state.Col = location.File, location.Row, location.Col
	}
	state.Binding = g.binds()
	if state.Tries == nil {
		state.Tries = []try{}
	}
	return state
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
