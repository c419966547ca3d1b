;; Asks the proxy about the same good signature at every request and does nothing else:
;; what a filter pays for it, whatever it is written in. QUESTION and SIZE are filled in.
(module
  (import "env" "proxy_call_foreign_function"
    (func $call (param $name i32) (param $name_size i32) (param $question i32) (param $size i32)
      (param $answer i32) (param $answer_size i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "verify_signature")
  (data (i32.const 4096) "QUESTION")

  (func (export "proxy_abi_version_0_2_1"))
  ;; Everything that the proxy returns stands at one place, one thing at a time.
  (func (export "proxy_on_memory_allocate") (param i32) (result i32)
    (i32.const 1024))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32)
    (i32.const 1))
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (i32.const 1))
  ;; Continue (0) if the signature is good, which is 08 01 in two bytes, else hold (4).
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (i32.store16 (i32.const 1024) (i32.const 0))
    (if (result i32)
      (call $call
        (i32.const 0) (i32.const 16) (i32.const 4096) (i32.const SIZE)
        (i32.const 16) (i32.const 20))
      (then (i32.const 4))
      (else
        (select
          (i32.const 0)
          (i32.const 4)
          (i32.eq (i32.load16_u (i32.const 1024)) (i32.const 0x0108)))))))
