cat > Makefile <<'END'
objects := $(patsubst %.in,%.out,$(sort $(wildcard *.in)))
all: $(objects) total ; @echo built $(words $^) from $(shell ls *.in | wc -l)
%.out: %.in ; sort -n $< > $@
total: $(objects) ; cat $^ | awk '{s += $$1} END {print s}' > $@; cat $@
define loop
$(foreach n,1 2 3,@echo $(1)$(n)$(newline))
endef
.PHONY: all fail
fail: ; @exit 3
$(info $(call loop,x) $(if $(filter a,a b),yes) $(subst a,b,banana) $(firstword $(MAKEFLAGS) none))
END
for n in 1 2 3; do seq $n 3 20 | tac > $n.in; done
make; make; touch -d '2000-01-01' 2.out; make -n; make -j2 -B; make fail; echo $?; make nothing; echo $?
