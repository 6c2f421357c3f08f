package main

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

const (
	// Longest JSON of a value that is given whole, in bytes.
	valueLimit = 2000
	// How much of a longer one is shown, in characters.
	excerptLimit = 300
	textLimit    = 500
	tryLimit     = 5
)

// quoted is a value, or the beginning of one that is too long.
type quoted struct {
	Value   json.RawMessage `json:"value,omitempty"`
	Excerpt string          `json:"excerpt,omitempty"`
	// Of a value that is cut: the length of its JSON in bytes.
	Length int `json:"length,omitempty"`
}

// namedValue is what a name or an expression of a condition stood for. One without a value was undefined.
type namedValue struct {
	Name string `json:"name"`
	quoted
}

type try struct {
	Values []namedValue `json:"values"`
}

// quote writes a value as JSON, sets in a fixed order.
func quote(term *ast.Term) quoted {
	if term == nil {
		return quoted{}
	}
	plain, err := ast.JSONWithOpt(term.Value, ast.JSONOpt{SortSets: true})
	if err != nil {
		return quoted{Excerpt: shorten(term.String(), excerptLimit), Length: len(term.String())}
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return quoted{Excerpt: fmt.Sprintf("cannot be written as JSON: %v", err)}
	}
	if len(text) > valueLimit {
		return quoted{Excerpt: shorten(string(text), excerptLimit), Length: len(text)}
	}
	return quoted{Value: text}
}

func shorten(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit]) + "…"
}

// sample is a name and what it stands for: a value, or a reference that is looked up once the evaluation is over.
type sample struct {
	name string
	term *ast.Term
}

// samplesOf takes the values of all names and expressions of a group, as its author wrote them. OPA's locations hold the
// text that a variable of the compiler's stands for: `count(input.command.targets)`.
func samplesOf(g *group, event *topdown.Event) []sample {
	collector := sampleCollector{event: event, seen: map[string]bool{}}
	for _, expr := range g.exprs {
		collector.expr(expr)
	}
	return collector.samples
}

type sampleCollector struct {
	event   *topdown.Event
	seen    map[string]bool
	samples []sample
	// Some part of the group stands under a `with`.
	replaced bool
}

func (c *sampleCollector) expr(expr *ast.Expr) {
	// Under `with`, references stand for other values than in the input that was given.
	c.replaced = c.replaced || len(expr.With) > 0
	switch terms := expr.Terms.(type) {
	case *ast.Term:
		c.term(terms)
	case []*ast.Term:
		if expr.IsEquality() && ast.IsConstant(terms[2].Value) && !ast.IsScalar(terms[2].Value) && !terms[1].IsGround() {
			// A list that the author wrote out: `some name in ["a", "b"]`.
			if _, generated := terms[1].Value.(ast.Var); generated && sourceText(terms[1]) == sourceText(terms[2]) {
				return
			}
		}
		for _, term := range terms[1:] { // The first names the function.
			c.term(term)
		}
	case *ast.Every:
		c.term(terms.Domain)
	}
}

func (c *sampleCollector) term(term *ast.Term) {
	switch value := term.Value.(type) {
	case ast.Var:
		if name := sourceText(term); name != "" {
			if plugged := c.event.Plug(term); plugged != nil && plugged.IsGround() {
				c.add(name, plugged)
			}
		}
	case ast.Ref:
		if !c.replaced {
			c.ref(value, term)
		}
	case *ast.Array:
		value.Foreach(c.term)
	case ast.Object:
		value.Foreach(func(_, item *ast.Term) { c.term(item) })
	case ast.Set:
		value.Foreach(c.term)
	}
}

func (c *sampleCollector) ref(ref ast.Ref, term *ast.Term) {
	plugged := c.event.Plug(term)
	name := sourceText(term)
	if plugged.IsGround() {
		if name == "" && !ref.IsGround() {
			return // `some x in xs`: the value of x is there already.
		}
		if name == "" {
			name = ref.String()
		}
		c.add(name, plugged)
		return
	}
	// An element that is not there: the collection tells why.
	if prefix := ref.GroundPrefix(); len(prefix) > 1 {
		c.add(trimData(prefix.String()), ast.NewTerm(prefix))
	}
}

func (c *sampleCollector) add(name string, term *ast.Term) {
	name = shorten(oneLine(name), textLimit)
	if !c.seen[name] {
		c.seen[name] = true
		c.samples = append(c.samples, sample{name, term})
	}
}

// sourceText is what the author wrote for a term; "" for what only the compiler knows.
func sourceText(term *ast.Term) string {
	if term.Location == nil {
		return ""
	}
	text := string(term.Location.Text)
	if text == "_" || text == "rego.metadata.rule()" {
		return ""
	}
	return text
}

// lookUp gives the values of samples: of references, what they stand for.
func (e *evaluation) lookUp(samples []sample) []namedValue {
	values := make([]namedValue, 0, len(samples))
	for _, s := range samples {
		value := s.term
		if ref, ok := value.Value.(ast.Ref); ok {
			value = e.resolve(ref)
		}
		values = append(values, namedValue{s.name, quote(value)})
	}
	return values
}

// resolve gives nil where the reference is undefined, or cannot be evaluated.
func (e *evaluation) resolve(ref ast.Ref) *ast.Term {
	switch root := ref[0].Value.(type) {
	case ast.Var:
		if root.Equal(ast.InputRootDocument.Value) {
			return find(e.input.Value, ref[1:])
		}
		value, err := e.value(ref)
		if err != nil {
			return nil
		}
		return value
	default:
		// A variable's value and a path into it.
		return find(root, ref[1:])
	}
}

func find(value ast.Value, path ast.Ref) *ast.Term {
	found, err := value.Find(path)
	if err != nil {
		return nil
	}
	return ast.NewTerm(found)
}
