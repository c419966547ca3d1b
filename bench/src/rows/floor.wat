;; Does for every request with a token what no filter of this ABI can do without, and
;; nothing else: reads the headers and the time, asks the proxy about the signature, takes
;; the token away, adds a claim's header and counts. The claim's header is not there, so it
;; need not be replaced, which takes the proxy longer. The route needs no call: a change of
;; headers makes the proxy select it again. Nor does the proxy call it where it need not:
;; what lets no request wait does not have to hear of its beginning and its end.
;;
;; It parses no token. TABLE has a slot for each token that will come: the last eight
;; characters of its signature, where in RECORDS the question about it stands without the
;; text, how long that is, and how long the text is, which is the token's own. What is no
;; question about this token is answered with no, and holds the request.
;;
;; VERIFIES is 0 for a token that is known: nobody is asked then. `floor.rs` fills in all
;; that is written in capitals.
(module
  (import "env" "proxy_get_header_map_pairs"
    (func $headers (param $map i32) (param $data i32) (param $size i32) (result i32)))
  (import "env" "proxy_get_current_time_nanoseconds"
    (func $time (param $time i32) (result i32)))
  (import "env" "proxy_call_foreign_function"
    (func $call (param $name i32) (param $name_size i32) (param $question i32) (param $size i32)
      (param $answer i32) (param $answer_size i32) (result i32)))
  (import "env" "proxy_remove_header_map_value"
    (func $remove (param $map i32) (param $name i32) (param $size i32) (result i32)))
  (import "env" "proxy_add_header_map_value"
    (func $add (param $map i32) (param $name i32) (param $name_size i32)
      (param $value i32) (param $value_size i32) (result i32)))
  (import "env" "proxy_define_metric"
    (func $define (param $kind i32) (param $name i32) (param $size i32) (param $metric i32)
      (result i32)))
  (import "env" "proxy_increment_metric"
    (func $increment (param $metric i32) (param $by i64) (result i32)))

  (memory (export "memory") 64)
  (data (i32.const 0) "verify_signature")
  (data (i32.const 16) "authorization")
  (data (i32.const 32) "x-user")
  (data (i32.const 64) "SUBJECT")
  (data (i32.const 128) "COUNTER")
  ;; From 256 on: pointer and size of what the proxy returns, the time, the counter.
  ;; From 4096 on: the question. From 65536 on: what the proxy returns.
  (data (i32.const 131072) "TABLE")
  (data (i32.const 262144) "RECORDS")
  (global $verifies i32 (i32.const VERIFIES))

  (func (export "proxy_abi_version_0_2_1"))
  ;; Everything that the proxy returns stands at one place, one thing at a time.
  (func (export "proxy_on_memory_allocate") (param i32) (result i32)
    (i32.const 65536))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32)
    (i32.const 1))
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (i32.eqz (call $define
      (i32.const 0) (i32.const 128) (i32.const COUNTER_SIZE) (i32.const 272))))

  ;; Continue (0) if all went well, else hold (4): no answer proves nothing.
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (local $value i32) (local $size i32)
    (if (call $headers (i32.const 0) (i32.const 256) (i32.const 260))
      (then (return (i32.const 4))))
    (if (call $time (i32.const 264))
      (then (return (i32.const 4))))
    (call $authorization)
    (local.set $size)
    (local.set $value)
    (if (global.get $verifies)
      (then
        ;; The token stands behind "Bearer ".
        (if (i32.eqz (call $is_signed
              (i32.add (local.get $value) (i32.const 7))
              (i32.add (local.get $value) (local.get $size))))
          (then (return (i32.const 4))))))
    (if (call $remove (i32.const 0) (i32.const 16) (i32.const 13))
      (then (return (i32.const 4))))
    (if (call $add
          (i32.const 0) (i32.const 32) (i32.const 6) (i32.const 64) (i32.const SUBJECT_SIZE))
      (then (return (i32.const 4))))
    (if (call $increment (i32.load (i32.const 272)) (i64.const 1))
      (then (return (i32.const 4))))
    (i32.const 0))

  ;; Value and length of the header. The map is a count, two lengths a header, then names
  ;; and values with a zero byte each. Without the header it traps, and nothing passes.
  (func $authorization (result i32 i32)
    (local $lengths i32) (local $name i32) (local $name_size i32) (local $value_size i32)
    (local.set $lengths (i32.const 65540))
    (local.set $name
      (i32.add (local.get $lengths) (i32.mul (i32.load (i32.const 65536)) (i32.const 8))))
    (loop $next
      (local.set $name_size (i32.load (local.get $lengths)))
      (local.set $value_size (i32.load offset=4 (local.get $lengths)))
      (if (i64.ne (i64.load (local.get $name)) (i64.load (i32.const 16)))
        (then
          (local.set $name
            (i32.add
              (i32.add (local.get $name) (local.get $name_size))
              (i32.add (local.get $value_size) (i32.const 2))))
          (local.set $lengths (i32.add (local.get $lengths) (i32.const 8)))
          (br $next))))
    (i32.add (i32.add (local.get $name) (local.get $name_size)) (i32.const 1))
    (local.get $value_size))

  ;; Whether the proxy says so of the token between two addresses.
  (func $is_signed (param $token i32) (param $end i32) (result i32)
    (local $key i64) (local $slot i32) (local $record_size i32) (local $text_size i32)
    (local.set $key (i64.load (i32.sub (local.get $end) (i32.const 8))))
    ;; The slot that `floor.rs` tries first, too, and then the ones behind it.
    (local.set $slot
      (i32.shl
        (i32.wrap_i64 (i64.shr_u (i64.mul (local.get $key) (i64.const FACTOR)) (i64.const 51)))
        (i32.const 4)))
    (loop $next
      (if (i64.ne (i64.load offset=131072 (local.get $slot)) (local.get $key))
        (then
          (if (i64.eqz (i64.load offset=131072 (local.get $slot)))
            (then (return (i32.const 0))))
          (local.set $slot
            (i32.and (i32.add (local.get $slot) (i32.const 16)) (i32.const 131071)))
          (br $next))))
    (local.set $record_size (i32.load16_u offset=131084 (local.get $slot)))
    (local.set $text_size (i32.load16_u offset=131086 (local.get $slot)))
    (memory.copy
      (i32.const 4096) (i32.load offset=131080 (local.get $slot)) (local.get $record_size))
    (memory.copy
      (i32.add (i32.const 4096) (local.get $record_size))
      (local.get $token)
      (local.get $text_size))
    (if (call $call
          (i32.const 0) (i32.const 16)
          (i32.const 4096) (i32.add (local.get $record_size) (local.get $text_size))
          (i32.const 256) (i32.const 260))
      (then (return (i32.const 0))))
    ;; `VerifySignatureResult` with `result: true`: 08 01.
    (i32.eq (i32.load16_u (i32.const 65536)) (i32.const 0x0108))))
