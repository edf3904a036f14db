# Builds $(OUT)/lib$(NAME).so from $(SOURCES) of the including directory and $(COMMON) of this one.
OUT ?= build
CC ?= gcc
COMMON_DIR := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
ROOT := $(abspath $(COMMON_DIR)../..)
HERE := $(ROOT)/plugins/$(NAME)/
CFLAGS ?= -O3 -g -Wall -Wextra -pedantic -Werror
ALL_SOURCES := $(addprefix $(HERE),$(SOURCES)) $(addprefix $(COMMON_DIR),$(COMMON))
HEADERS := $(wildcard $(HERE)*.h $(COMMON_DIR)*.h $(ROOT)/include/millrace/*.h $(ROOT)/sdk/c/*.h $(ROOT)/sdk/c/millrace_sdk/*.h)

all: $(OUT)/lib$(NAME).so

# The engine may be watching the directory: a plugin must appear whole, so write beside it and rename.
$(OUT)/lib$(NAME).so: $(ALL_SOURCES) $(HEADERS) $(HERE)exports.map $(HERE)Makefile $(COMMON_DIR)plugin.mk
	@mkdir -p $(@D)
	$(CC) -std=c11 -fPIC -fvisibility=hidden -I$(ROOT)/include -I$(ROOT)/sdk/c $(CFLAGS) $(ALL_SOURCES) \
	  -shared -pthread -Wl,--version-script=$(HERE)exports.map -Wl,-z,defs $(LDFLAGS) -lm -o $@.tmp
	mv $@.tmp $@

# Prints what the plugin is built of, for those who compile it into something else.
sources:
	@echo $(ALL_SOURCES)

.PHONY: all sources
