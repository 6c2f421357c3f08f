# The most careless policy that guards may stand beside.
package policy.everybody

allow contains "everybody does anything that can be judged"
