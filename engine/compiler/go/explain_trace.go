package main

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

const (
	// Bodies that one evaluation keeps notes on; a statement with thousands of targets enters many.
	frameLimit = 20_000
	// Bodies that are noted for one condition, and how many of them are told.
	childLimit   = 40
	outcomeLimit = 12
	// How deep rules that ask rules are told.
	depthLimit = 6
)

// frame is one body under evaluation: of the rule itself, of a rule or function that it asks, of a `not` or an `every`.
type frame struct {
	// Nil for bodies that are no rule's.
	rule *ast.Rule
	// The frame of a whole `every`; its children are the bodies, an element each.
	domain  bool
	negated bool
	body    ast.Body
	groups  *grouping
	// The expression under evaluation, and the furthest that was reached by any choice of values: all before it held.
	current, furthest int
	arguments         []sample
	// With which values each group was tried, while it was the furthest.
	tries  [][]sample
	tried  int
	exited bool
	// What was true when the body first held.
	samples [][]sample
	result  *ast.Term
	// By group, the bodies that it entered when it was last tried.
	children map[int][]*frame
	dropped  map[int]int
}

// tracer listens to OPA's evaluator. It keeps, for each body, how far it came.
type tracer struct {
	top    *frame
	frames map[uint64]*frame
	onExit func(*topdown.Event)
	groups map[*ast.Expr]*grouping
	topOf  *grouping
}

func newTracer(top *grouping) *tracer {
	return &tracer{frames: map[uint64]*frame{}, groups: map[*ast.Expr]*grouping{}, topOf: top}
}

func (t *tracer) Enabled() bool { return true }

// Config: values are taken where they are needed, not with every event.
func (t *tracer) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

func (t *tracer) TraceEvent(event topdown.Event) {
	if event.Op == topdown.EnterOp {
		t.enter(event)
		return
	}
	frame, ok := t.frames[event.QueryID]
	if !ok || frame.exited && frame != t.top {
		return
	}
	switch event.Op {
	case topdown.EvalOp:
		frame.eval(&event)
	case topdown.RedoOp:
		if expr, ok := event.Node.(*ast.Expr); ok {
			if i := frame.position(expr); i >= 0 {
				frame.current = i
			}
		}
	case topdown.ExitOp:
		if !frame.domain {
			t.exit(frame, &event)
		} else {
			frame.exited = true
		}
	}
}

func (t *tracer) enter(event topdown.Event) {
	parent := t.frames[event.ParentID]
	if t.top != nil && (parent == nil || parent.exited || len(t.frames) >= frameLimit) {
		return
	}
	child := &frame{furthest: -1, children: map[int][]*frame{}, dropped: map[int]int{}}
	switch node := event.Node.(type) {
	case *ast.Rule:
		child.rule, child.body = node, node.Body
	case ast.Body:
		child.body = node
	case *ast.Expr:
		child.domain = true
	default:
		return
	}
	t.frames[event.QueryID] = child
	if t.top == nil {
		t.top = child
		child.groups = t.topOf
		return
	}
	child.groups = t.grouping(child)
	parent.adopt(child)
}

// grouping is made once for each body.
func (t *tracer) grouping(f *frame) *grouping {
	if len(f.body) == 0 {
		return groupsOf(nil, nil)
	}
	groups, ok := t.groups[f.body[0]]
	if !ok {
		var head *ast.Location
		if f.rule != nil {
			head = f.rule.Head.Location
		}
		groups = groupsOf(f.body, head)
		t.groups[f.body[0]] = groups
	}
	return groups
}

func (f *frame) adopt(child *frame) {
	group := 0
	if !f.domain && len(f.body) > 0 {
		expr := f.body[f.current]
		group = f.groups.of(expr)
		child.negated = child.rule == nil && expr.Negated
	}
	if len(f.children[group]) >= childLimit {
		f.dropped[group]++
		return
	}
	f.children[group] = append(f.children[group], child)
}

func (f *frame) position(expr *ast.Expr) int {
	for i, other := range f.body {
		if other == expr {
			return i
		}
	}
	return -1
}

func (f *frame) eval(event *topdown.Event) {
	expr, ok := event.Node.(*ast.Expr)
	if !ok || f.exited {
		return
	}
	i := f.position(expr)
	if i < 0 {
		return
	}
	if f.furthest < 0 && f.rule != nil {
		for _, argument := range f.rule.Head.Args {
			if name := sourceText(argument); name != "" {
				f.arguments = append(f.arguments, sample{name, event.Plug(argument)})
			}
		}
	}
	f.current = i
	group := f.groups.of(expr)
	if f.groups.list[group].exprs[0] == expr {
		// Another try of it: what it entered before is not what decides now.
		delete(f.children, group)
		delete(f.dropped, group)
	}
	if i > f.furthest {
		f.furthest, f.tries, f.tried = i, nil, 0
	}
	if i == f.furthest {
		f.tried++
		if len(f.tries) < tryLimit {
			f.tries = append(f.tries, samplesOf(f.groups.list[group], event))
		}
	}
}

func (t *tracer) exit(f *frame, event *topdown.Event) {
	if f == t.top && t.onExit != nil {
		t.onExit(event)
	}
	if f.exited {
		return
	}
	f.exited = true
	f.samples = make([][]sample, len(f.groups.list))
	for i, group := range f.groups.list {
		f.samples[i] = samplesOf(group, event)
	}
	if f.rule == nil {
		return
	}
	if head := f.rule.Head; head.Key != nil && head.Value == nil {
		f.result = event.Plug(head.Key)
	} else if head.Value != nil {
		f.result = event.Plug(head.Value)
	}
}

// stateOf tells a group's state from the frame of its body.
func (e *evaluation) stateOf(f *frame, group int, state string) condition {
	return e.stateAtDepth(f, group, state, 0)
}

func (e *evaluation) stateAtDepth(f *frame, group int, state string, depth int) condition {
	out := condition{State: state, Tries: []try{}}
	if f == nil {
		return out
	}
	if state == held {
		out.Tried = 1
		if f.samples != nil {
			out.Tries = append(out.Tries, try{e.lookUp(f.samples[group])})
		}
	} else {
		out.Tried = f.tried
		out.Tries = e.distinct(f.tries)
	}
	negated := f.groups.list[group].base.Negated
	outcomes := e.outcomes(f.children[group], (state == held) != negated, depth+1)
	if len(outcomes) > outcomeLimit {
		out.More = len(outcomes) - outcomeLimit
		outcomes = outcomes[:outcomeLimit]
	}
	out.More += f.dropped[group]
	out.Because = outcomes
	return out
}

// distinct leaves out tries with the same values as another.
func (e *evaluation) distinct(tries [][]sample) []try {
	out := []try{}
	seen := map[string]bool{}
	for _, samples := range tries {
		values := e.lookUp(samples)
		var key strings.Builder
		for _, value := range values {
			key.WriteString(value.Name + "=" + string(value.Value) + value.Excerpt + ";")
		}
		if !seen[key.String()] {
			seen[key.String()] = true
			out = append(out, try{values})
		}
	}
	return out
}

// outcomes tells what became of bodies that a condition entered. Where any of them held and that decided it
// (`wanted`), the others do not matter.
func (e *evaluation) outcomes(children []*frame, wanted bool, depth int) []outcome {
	if depth > depthLimit {
		return nil
	}
	var out []outcome
	for _, child := range children {
		switch {
		case child.domain:
			// The element for which the body did not hold is the last one.
			for i := len(child.children[0]) - 1; i >= 0; i-- {
				if one := child.children[0][i]; !one.exited {
					out = append(out, e.outcomeOf(one, depth))
					break
				}
			}
		case child.rule != nil:
			out = append(out, e.outcomeOf(child, depth))
		case child.negated:
			for group := range child.groups.list {
				out = append(out, e.outcomes(child.children[group], wanted, depth)...)
			}
		}
	}
	if !wanted {
		return out
	}
	var decisive []outcome
	for _, one := range out {
		if one.Held {
			decisive = append(decisive, one)
		}
	}
	return decisive
}

func (e *evaluation) outcomeOf(f *frame, depth int) outcome {
	out := outcome{Kind: "every", Held: f.exited, Arguments: e.lookUp(f.arguments)}
	if f.rule != nil {
		out.Kind = e.kindOf(f.rule)
		out.Name = trimData(f.rule.Ref().GroundPrefix().String())
		out.File, out.Row = f.rule.Location.File, f.rule.Location.Row
	}
	if f.exited {
		if f.result != nil && !ast.Boolean(true).Equal(f.result.Value) {
			value := quote(f.result)
			out.Value = &value
		}
		return out
	}
	if f.furthest < 0 {
		return out
	}
	group := f.groups.of(f.body[f.furthest])
	stopped := f.groups.list[group].describe(e.stateAtDepth(f, group, failed, depth))
	out.Stopped = &stopped
	if f.rule == nil {
		out.File, out.Row = stopped.File, stopped.Row
	}
	return out
}

func (e *evaluation) kindOf(rule *ast.Rule) string {
	switch {
	case rule.Default:
		return "default"
	case e.elses[rule]:
		return "else"
	}
	return "rule"
}

func trimData(name string) string { return strings.TrimPrefix(name, "data.") }
