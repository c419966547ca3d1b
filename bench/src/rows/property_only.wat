;; Reads `source.address` of every request and does nothing with it: what a filter
;; pays for the client's address, whatever it is written in.
(module
  (import "env" "proxy_get_property"
    (func $get_property (param $path i32) (param $size i32) (param $data i32) (param $data_size i32)
      (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "source\00address")

  (func (export "proxy_abi_version_0_2_1"))
  ;; Everything that the proxy returns stands at one place, one thing at a time.
  (func (export "proxy_on_memory_allocate") (param i32) (result i32)
    (i32.const 1024))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32)
    (i32.const 1))
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (i32.const 1))
  ;; Continue (0) if the address was there, else hold (4): no answer proves nothing.
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (select
      (i32.const 4)
      (i32.const 0)
      (call $get_property
        (i32.const 0) (i32.const 14) (i32.const 16) (i32.const 20)))))
