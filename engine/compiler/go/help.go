package main

import (
	"fmt"
	"sort"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/types"
)

// helpFor says the way out of an error, from what OPA's checker knows besides its message.
func helpFor(e *ast.Error) string {
	switch detail := e.Details.(type) {
	case *ast.RefErrInvalidDetail:
		return helpForName(detail)
	case *ast.RefErrUnsupportedDetail:
		return fmt.Sprintf("%s is %s, which has no parts", detail.Ref[:detail.Pos+1], types.Sprint(detail.Have))
	case *ast.UnificationErrDetail:
		return fmt.Sprintf("%s is never equal to %s", types.Sprint(detail.Left), types.Sprint(detail.Right))
	case *ast.ArgErrDetail:
		have := make([]string, 0, len(detail.Have))
		for _, argument := range detail.Have {
			have = append(have, types.Sprint(argument))
		}
		return fmt.Sprintf("it is given (%s) and takes %s", strings.Join(have, ", "), detail.Want.String())
	}
	return helpForMessage(e)
}

// helpForName lists the names that exist where one does not, the likeliest first.
func helpForName(detail *ast.RefErrInvalidDetail) string {
	place := detail.Ref[:detail.Pos].String()
	if len(detail.OneOf) == 0 {
		if detail.Want == nil {
			return place + " has no parts"
		}
		return fmt.Sprintf("a part of %s is named by a %s", place, types.Sprint(detail.Want))
	}
	names := make([]string, 0, len(detail.OneOf))
	for _, name := range detail.OneOf {
		names = append(names, plain(name))
	}
	sort.Strings(names)
	list := fmt.Sprintf("%s has: %s", place, strings.Join(names, ", "))
	for _, name := range names {
		// Any two names of a letter or two are one edit apart.
		if len(name) > 2 && oneEditApart(name, plain(detail.Ref[detail.Pos].Value)) {
			return fmt.Sprintf("did you mean %s? %s", name, list)
		}
	}
	return list
}

func helpForMessage(e *ast.Error) string {
	if name, ok := strings.CutPrefix(e.Message, "undefined function "); ok {
		return missingBuiltinHelp(name)
	}
	switch {
	case e.Code == ast.UnsafeVarErr:
		return "give the variable a value first: assign it with :=, or take it from a collection with some … in"
	case e.Code == ast.RecursionErr:
		return "rules may not depend on themselves; graph.reachable and walk follow structures of any depth"
	case strings.HasPrefix(e.Message, "assigned var ") && strings.HasSuffix(e.Message, " unused"):
		return "remove it, or name it _ if only its being defined matters"
	case strings.HasPrefix(e.Message, "import ") && strings.HasSuffix(e.Message, " unused"):
		return "remove the import"
	case strings.HasPrefix(e.Message, "conflicting rule for data path "):
		return "the data document has a value at this path: rename one of the two"
	}
	return ""
}
