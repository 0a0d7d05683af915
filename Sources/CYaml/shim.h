// libyaml as Swift imports it: the event interface is plain structs and functions, nothing needs wrapping in C.
#include <yaml.h>
