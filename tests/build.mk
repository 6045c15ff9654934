# Running the tests: what fragments registered in UNIT_TESTS and its like, in the stages whose time
# is budgeted. One closing line counts them all.

$(B)/host/drive: tests/drive.c
	mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -o $@ $<

SYSTEM_TESTS += $(wildcard tests/commands/test-*)
TEST_NEEDS += image $(B)/host/orrery-run $(B)/host/become.so

# With TEST=word only the tests with that word in their name.
is_chosen = $(if $(TEST),$(findstring $(TEST),$(notdir $(1))),yes)
chosen = $(foreach test,$(1),$(if $(call is_chosen,$(test)),$(test)))

# stage NAME, SECONDS, GOAL, KIND, TESTS
stage = --stage $(1) $(2) $(3) $(4) $(call chosen,$(5))
unit_stage = $(call stage,unit,120,test-unit,check,$(UNIT_TESTS))
system_stages = $(call stage,kernel,240,test-system,lines,$(KERNEL_TESTS)) \
    $(call stage,system,180,test-system,lines,$(SYSTEM_TESTS))
grader_stage = $(call stage,grader,120,grader-selftest,lines,$(GRADER_TESTS))
labs_stage = $(call stage,labs,240,labs-check,lines,$(LAB_TESTS))
long_stage = $(call stage,long,3600,test-long,lines,$(TEST_LONG))
drive = B=$(B) CC=$(CC) $(B)/host/drive -t 900 -l $(B)/test

unit_needs = $(B)/host/drive $(call chosen,$(UNIT_TESTS))
booted_needs = $(B)/host/drive $(TEST_NEEDS) \
    $(call chosen,$(KERNEL_TESTS) $(SYSTEM_TESTS) $(GRADER_TESTS) $(LAB_TESTS))

.PHONY: test test-long test-unit test-system grader-selftest labs-check
test: $(unit_needs) $(booted_needs)
	$(drive) $(unit_stage) $(system_stages) $(grader_stage) $(labs_stage)

# Hours may pass: a test is not ended before one of them has.
test-long: $(B)/host/drive $(TEST_NEEDS) $(TEST_LONG_NEEDS)
	$(drive) -t 3600 $(long_stage)

test-unit: $(unit_needs)
	$(drive) $(unit_stage)

test-system: $(booted_needs)
	$(drive) $(system_stages)

grader-selftest: $(booted_needs)
	$(drive) $(grader_stage)

labs-check: $(booted_needs)
	$(drive) $(labs_stage)
