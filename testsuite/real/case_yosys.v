// A small processor-like design: registers, a memory, a state machine, arithmetic.
module fifo #(parameter WIDTH = 8, DEPTH_LOG2 = 4) (
  input clk, input reset, input push, input pop, input [WIDTH-1:0] in,
  output [WIDTH-1:0] out, output empty, output full
);
  reg [WIDTH-1:0] store [0:(1 << DEPTH_LOG2)-1];
  reg [DEPTH_LOG2:0] head, tail;
  assign empty = head == tail;
  assign full = head - tail == 1 << DEPTH_LOG2;
  assign out = store[tail[DEPTH_LOG2-1:0]];
  always @(posedge clk)
    if (reset) begin head <= 0; tail <= 0; end
    else begin
      if (push && !full) begin store[head[DEPTH_LOG2-1:0]] <= in; head <= head + 1; end
      if (pop && !empty) tail <= tail + 1;
    end
endmodule

module top(input clk, input reset, input [7:0] data, input valid, output reg [31:0] sum, output reg done);
  localparam IDLE = 0, LOAD = 1, ADD = 2, MULTIPLY = 3, DONE = 4;
  reg [2:0] state;
  wire [7:0] next;
  wire empty, full;
  fifo #(.WIDTH(8), .DEPTH_LOG2(3)) queue(
    .clk(clk), .reset(reset), .push(valid), .pop(state == LOAD), .in(data), .out(next), .empty(empty), .full(full));
  always @(posedge clk)
    if (reset) begin state <= IDLE; sum <= 0; done <= 0; end
    else case (state)
      IDLE: if (full) state <= LOAD;
      LOAD: state <= empty ? DONE : next[0] ? ADD : MULTIPLY;
      ADD: begin sum <= sum + next; state <= LOAD; end
      MULTIPLY: begin sum <= sum * next ^ {sum[7:0], next, 16'h5a5a}; state <= LOAD; end
      DONE: done <= 1;
      default: state <= IDLE;
    endcase
endmodule
