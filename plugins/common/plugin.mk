# Builds $(OUT)/lib$(NAME).so from $(SOURCES) of the including directory, $(COMMON) of this one, and $(OTHERS), such as
# avro/plan.c, of other plugins. It is linked with $(LIBS).
OUT ?= build
CC ?= gcc
COMMON_DIR := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
ROOT := $(abspath $(COMMON_DIR)../..)
HERE := $(ROOT)/plugins/$(NAME)/
CFLAGS ?= -O3 -g -Wall -Wextra -pedantic -Werror
ALL_SOURCES := $(addprefix $(HERE),$(SOURCES)) $(addprefix $(ROOT)/plugins/,$(OTHERS)) $(addprefix $(COMMON_DIR),$(COMMON))
HEADERS := $(wildcard $(HERE)*.h $(addsuffix *.h,$(sort $(dir $(addprefix $(ROOT)/plugins/,$(OTHERS))))) $(COMMON_DIR)*.h $(ROOT)/include/millrace/*.h $(ROOT)/sdk/c/*.h $(ROOT)/sdk/c/millrace_sdk/*.h)

all: $(OUT)/lib$(NAME).so

# The engine may be watching the directory: a plugin must appear whole, so write beside it and rename.
$(OUT)/lib$(NAME).so: $(ALL_SOURCES) $(HEADERS) $(HERE)exports.map $(HERE)Makefile $(COMMON_DIR)plugin.mk
	@mkdir -p $(@D)
	$(CC) -std=c11 -fPIC -fvisibility=hidden -I$(ROOT)/include -I$(ROOT)/sdk/c $(CFLAGS) $(ALL_SOURCES) \
	  -shared -pthread -Wl,--version-script=$(HERE)exports.map -Wl,-z,defs $(LDFLAGS) $(LIBS) -lm -o $@.tmp
	mv $@.tmp $@

# Prints what the plugin is built of, for those who compile it into something else.
sources:
	@echo $(ALL_SOURCES)

# Prints what it is linked with.
libraries:
	@echo $(LIBS)

.PHONY: all sources libraries
