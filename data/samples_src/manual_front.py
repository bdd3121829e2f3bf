"""Chapters 1 to 4 of the HYDRA P4 service manual."""

from __future__ import annotations

from .common import Chart, Sketch, chart_pdf
from .manual_figures import mounting, panel, performance, schematic, wiring
from .manual_layout import Manual


def write(manual: Manual) -> None:
    """Add chapters 1 to 4 to the manual."""
    safety(manual)
    product(manual)
    installation(manual)
    commissioning(manual)


def safety(manual: Manual) -> None:
    """Add chapter 1."""
    manual.chapter("Safety")
    manual.section("Intended use")
    manual.text(
        "The HYDRA P4 is a hydraulic power unit for stationary industrial machines: presses, "
        "shears, injection moulding machines and test benches. It delivers mineral oil or "
        "synthetic ester at up to 280 bar. Any other use, in particular in explosive atmospheres, "
        "on vehicles or for lifting persons, is not permitted.",
        "The unit may be operated only with the guards fitted, with the relief valve PRV1 sealed "
        "at the factory setting and within the limits of Table 2-2.",
    )
    manual.section("Qualified personnel")
    manual.text(
        "Mechanical work may be done by fitters with training in high-pressure hydraulics. "
        "Electrical work on the drive controller DC4 is reserved for qualified electricians. "
        "Repairs inside the pump (chapter 7) need the Nordvik course S-P4-2."
    )
    manual.section("Stored energy")
    manual.box(
        "WARNING",
        "The accumulator ACC1 holds oil under pressure after the motor has stopped. Open the "
        "discharge valve V4 and wait until gauge PT1 reads 0 bar before you loosen any fitting. "
        "A jet of oil can penetrate the skin and cause fatal injury.",
    )
    manual.box(
        "WARNING",
        "The DC link of the controller stays charged. Wait at least 8 minutes after switching off "
        "the mains and check that the link voltage is below 50 V before opening the cover.",
    )
    manual.box(
        "CAUTION",
        "Surfaces of the motor and of the relief valve block may exceed 80 °C. Let the unit cool "
        "down for 45 minutes or wear heat-resistant gloves.",
    )
    manual.section("Lock-out procedure")
    manual.steps(
        "Stop the machine and press S0 emergency stop on the control panel.",
        "Turn the main switch Q1 to OFF and secure it with a personal padlock.",
        "Open the discharge valve V4 by two full turns.",
        "Confirm on gauge PT1 that the pressure has fallen to 0 bar.",
        "Attach the tag <i>Do not start - work in progress</i> to Q1.",
    )
    manual.section("Noise and leakage oil")
    manual.text(
        "The sound pressure level is 74 dB(A) at 1 m and 1500 rpm. Ear protection is required "
        "when the unit runs above 1650 rpm. Spilled oil must be taken up with a binding agent and "
        "disposed of as described in section 8.3."
    )
    manual.section("Symbols in this manual")
    manual.bullets(
        "<b>WARNING</b> marks a hazard that can lead to death or severe injury.",
        "<b>CAUTION</b> marks a hazard that can lead to minor injury or damage to the unit.",
        "<b>NOTE</b> marks advice that makes the work easier or avoids a fault message.",
    )
    manual.section("Personal protective equipment")
    manual.text(
        "Wear safety shoes of class S3, close-fitting clothes and nitrile gloves for all work on "
        "the unit. Safety goggles with side shields are compulsory while oil is under pressure. "
        "Wash skin that has been in contact with oil and change soaked clothing at once."
    )
    manual.section("Fire protection")
    manual.text(
        "The flash point of the oil HLP 46 is 220 °C. Keep a foam extinguisher of at least 6 L "
        "within 10 m of the unit. Do not weld on pipes that have been filled with oil."
    )
    manual.section("Safety devices")
    manual.text(
        "Test the emergency stop every month and the relief valve once a year with a calibrated "
        "gauge. The seal on PRV1 may be replaced only by the manufacturer. If a safety device has "
        "been bridged for fault finding, restore it and have a second person confirm this."
    )


def product(manual: Manual) -> None:
    """Add chapter 2."""
    manual.chapter("Product description")
    manual.section("Design")
    manual.text(
        "The unit consists of the axial piston pump P1, the asynchronous motor M1, a reservoir of "
        "120 L with the filter and cooler assembly, and the drive controller DC4. The controller "
        "varies both the motor speed and the swash plate angle, so that the pump delivers only "
        "what the machine takes. At standstill of the machine the speed falls to 400 rpm, which "
        "saves about 62 % of the energy of a constant-speed unit in a typical press cycle.",
        "The swash plate is moved by the pilot valve YV1. Its maximum angle is 17.5 degrees. "
        "A worked example of the hydraulic circuit is shown in Figure 2-1.",
    )
    manual.section("Type code")
    manual.text("The type plate is riveted to the bell housing. Table 2-1 explains the type code "
                "<b>P4-45-V-S1-W</b>.")  # fmt: skip
    manual.table(
        "Type code of the HYDRA P4",
        [
            ["Position", "Code", "Meaning"],
            ["Series", "P4", "Axial piston unit, fourth generation"],
            ["Displacement", "28 / 45 / 71", "cm³ per revolution"],
            ["Seal material", "V", "FKM, fluids up to 90 °C"],
            ["Seal material", "N", "NBR, mineral oil up to 70 °C only"],
            ["Pressure port", "S1", "SAE 1 flange, 6000 psi"],
            ["Pressure port", "G1", "Threaded port G 1 1/4"],
            ["Cooling", "W", "Water cooler HX1, 6 kW"],
            ["Cooling", "L", "Air blast cooler with 230 V fan"],
        ],
        [110, 110, 246],
    )
    manual.section("Technical data")
    manual.text(
        "The values of Table 2-2 were measured with oil ISO VG 46 at 50 °C. For other fluids or "
        "for altitudes above 1000 m ask the manufacturer; the motor power falls by 1 % for every "
        "further 100 m."
    )
    manual.table(
        "Technical data",
        [
            ["Quantity", "P4-28", "P4-45", "P4-71", "Unit"],
            ["Displacement", "28.1", "45.0", "71.3", "cm³/rev"],
            ["Nominal pressure", "280", "280", "250", "bar"],
            ["Peak pressure, max. 1 s", "315", "315", "280", "bar"],
            ["Delivery at 1500 rpm", "41.2", "65.8", "104.6", "L/min"],
            ["Motor power", "15 kW", "22 kW", "37 kW", "-"],
            ["Speed range", "400 to 2000", "400 to 1800", "400 to 1650", "rpm"],
            ["Cooling water demand", "0.9 m³/h", "1.3 m³/h", "2.1 m³/h", "-"],
            ["Oil temperature, permitted", "10 to 65 °C", "10 to 65 °C", "10 to 60 °C", "-"],
            ["Oil cleanliness, ISO 4406", "18/16/13", "18/16/13", "17/15/12", "-"],
            ["Mass without oil", "268 kg", "342 kg", "455 kg", "-"],
            ["Noise at 1500 rpm", "71 dB(A)", "74 dB(A)", "77 dB(A)", "-"],
        ],
        [150, 86, 86, 86, 58],
    )
    manual.section("Hydraulic circuit")
    manual.text(
        "Pump P1 draws oil through the strainer S1 and feeds port P through the check valve CV1 "
        "and the pressure filter F1. The relief valve PRV1 protects the pump. The oil that comes "
        "back from the machine through port R passes the cooler HX1 and the return filter F2."
    )
    manual.figure("Hydraulic schematic of the pump unit", Sketch(460, 300, schematic))
    manual.section("Delivery curves")
    manual.text(
        "Figure 2-2 shows the delivery of the P4-45 for three motor speeds. Volumetric losses grow "
        "with pressure; the pressure compensator reduces the swash angle above the cut-off point. "
        "Curves for the P4-28 and the P4-71 scale with the displacement given in Table 2-2."
    )
    chart = chart_pdf(5.6, 2.9, performance)
    manual.figure(
        "Delivery of the P4-45 over outlet pressure",
        Chart("performance", chart, 420, manual.stamps),
    )
    manual.section("Drive controller")
    manual.text(
        "The DC4 is a frequency converter with an integrated pressure loop. Its sampling time is "
        "0.5 ms, its degree of protection IP54. It talks to the machine over Profinet; a retrofit "
        "card for EtherCAT is available as part 410-6120. The firmware is updated over the USB "
        "port X7 and takes about 4 minutes, during which the lamp H2 flashes.",
        "In standby the controller needs 38 W. It stores the parameters in two banks, so that a "
        "unit can be switched between two machines without a computer.",
    )
    manual.section("Serial number")
    manual.text(
        "The serial number is stamped into the pump flange below port L and is printed on the type "
        "plate. The first two digits after the dash give the year of manufacture: P4-220140 was "
        "built in 2022."
    )


def installation(manual: Manual) -> None:
    """Add chapter 3."""
    manual.chapter("Installation")
    manual.section("Transport and storage")
    manual.text(
        "Lift the unit with two textile slings on the four ring bolts of the base frame; the angle "
        "between the slings must not exceed 60 degrees. The shipping mass of the P4-45 with pallet "
        "is 388 kg. Do not lift at the motor eye bolt.",
        "Store the unit dry and free of vibration. After more than 9 months in store, replace the "
        "shaft seal (section 5.4) and change the preservation oil.",
    )
    manual.section("Mounting")
    manual.sub("Foundation")
    manual.text(
        "The foundation must be level within 1.5 mm per metre. Place the rubber pads supplied "
        "(part no. 410-3318) under each corner of the frame and fix the frame with four M12 "
        "anchors. Figure 3-1 gives the hole pattern."
    )
    manual.figure("Mounting hole pattern of the base frame", Sketch(420, 240, mounting))
    manual.sub("Alignment of motor and pump")
    manual.text(
        "Motor and pump are aligned at the factory. If the coupling has been opened, check that "
        "the radial offset of the shafts is no more than 0.15 mm and the angular offset no more "
        "than 0.08 degrees. The gap between the coupling halves is 3.5 mm."
    )
    manual.sub("Clearances")
    manual.text(
        "Keep 700 mm free on the filter side for exchanging the elements and 400 mm above the "
        "controller for the exhaust air. The ambient temperature must not exceed 40 °C."
    )
    manual.section("Piping")
    manual.text(
        "Use seamless tubes of steel E235N and flush them before the first start until the oil "
        "meets class 16/14/11. The ports are listed in Table 3-1. Hoses must be replaced after six "
        "years including two years of storage."
    )
    manual.table(
        "Ports and pipe sizes",
        [
            ["Port", "Function", "Connection", "Tube (mm)", "Max. pressure"],
            ["P", "Pressure outlet", "SAE 1, 6000 psi", "30 x 4", "315 bar"],
            ["R", "Return", "G 1 1/2", "38 x 2.5", "10 bar"],
            ["L", "Case drain", "G 3/4", "22 x 1.5", "2 bar"],
            ["W1", "Cooling water in", "G 1/2", "18 x 1.5", "6 bar"],
            ["W2", "Cooling water out", "G 1/2", "18 x 1.5", "6 bar"],
            ["MP", "Test point, pressure", "M16 x 2 Minimess", "-", "400 bar"],
        ],
        [44, 130, 120, 80, 92],
    )
    manual.box(
        "CAUTION",
        "The case drain L must run back to the reservoir separately and end below the oil level. "
        "A back pressure above 2 bar destroys the shaft seal within minutes.",
    )
    manual.section("Electrical connection")
    manual.text(
        "The mains supply is 3 x 400 V, 50 Hz, with a back-up fuse of 63 A gG for the P4-45. All "
        "control signals end on terminal strip X3 of the controller; Figure 3-2 shows the wiring, "
        "Table 3-2 the electrical ratings. Shield the cables of PT1 and BT1 and keep them at least "
        "200 mm away from the motor cable.",
        "The protective earth conductor must have a cross-section of at least 16 mm² because the "
        "leakage current of the line filter exceeds 3.5 mA.",
    )
    manual.figure("Wiring diagram of terminal strip X3", Sketch(460, 330, wiring))
    manual.table(
        "Terminal assignment of X3",
        [
            ["Terminal", "Signal", "Type", "Rating", "Wire"],
            ["X3:1", "+24 V supply", "output", "24 V DC, 1.8 A", "1.0 mm²"],
            ["X3:2", "0 V", "reference", "-", "1.0 mm²"],
            ["X3:3", "Pressure transducer PT1", "analog input", "4 to 20 mA, 250 ohm", "0.5 mm²"],
            ["X3:4", "PT1 return", "reference", "-", "0.5 mm²"],
            ["X3:5", "Enable", "digital input", "24 V, 8 mA", "0.75 mm²"],
            ["X3:6", "Filter clogged DPS1", "digital input", "24 V, 8 mA", "0.75 mm²"],
            ["X3:7", "Low level LS1", "digital input", "24 V, 8 mA", "0.75 mm²"],
            ["X3:8", "Ready", "relay contact", "30 V DC, 0.5 A", "0.75 mm²"],
            ["X3:9", "Pilot valve YV1 +", "PWM output", "0 to 680 mA, 210 Hz", "1.0 mm²"],
            ["X3:10", "Pilot valve YV1 -", "PWM output", "return", "1.0 mm²"],
            ["X3:11", "Oil temperature BT1", "Pt100 input", "-20 to 120 °C", "0.5 mm²"],
            ["X3:12", "Oil temperature BT1", "Pt100 input", "return", "0.5 mm²"],
        ],
        [54, 138, 88, 126, 60],
    )


def commissioning(manual: Manual) -> None:
    """Add chapter 4."""
    manual.chapter("Commissioning")
    manual.section("Filling with oil")
    manual.text(
        "Use hydraulic oil HLP 46 to DIN 51524-2 or a synthetic ester HEES 46. The reservoir takes "
        "112 L up to the upper mark. Fill only through a 10 µm filter trolley: new oil from the "
        "drum does not meet the cleanliness class of Table 2-2."
    )
    manual.steps(
        "Fill the pump case through port L with 1.6 L of clean oil.",
        "Fill the reservoir to the upper mark of the sight glass.",
        "Open the suction ball valve V1 and check that its limit switch reports OPEN.",
        "Charge the accumulator with nitrogen to 90 bar at 20 °C (see Figure 2-1).",
    )
    manual.section("Venting")
    manual.steps(
        "Loosen the vent screw on top of the rear cover by one turn.",
        "Jog the motor three times for two seconds at 400 rpm.",
        "Close the vent screw with 25 Nm as soon as oil comes out free of bubbles.",
    )
    manual.box(
        "NOTE",
        "Fault E05 during the first two minutes usually means that there is still air in the "
        "suction line. Repeat the venting before looking for other causes.",
    )
    manual.section("Control panel")
    manual.text(
        "The panel of the DC4 (Figure 4-1) shows the pressure, the oil temperature and the speed. "
        "Hold the confirm key for three seconds to acknowledge a fault. The password for the "
        "service level is 4711; it should be changed at hand-over."
    )
    manual.figure("Control panel of the drive controller DC4", Sketch(360, 170, panel))
    manual.section("Controller parameters")
    manual.text(
        "Check the parameters of Table 4-1 before the first start. A value outside the range is "
        "rejected with a long tone."
    )
    manual.table(
        "Parameters to check before the first start",
        [
            ["No.", "Parameter", "Range", "Factory setting"],
            ["p101", "Pressure setpoint", "20 to 280 bar", "160 bar"],
            ["p104", "Pressure ramp", "50 to 2000 bar/s", "600 bar/s"],
            ["p112", "Standby speed", "400 to 900 rpm", "400 rpm"],
            ["p118", "Standby delay", "1 to 120 s", "12 s"],
            ["p205", "Oil temperature warning", "45 to 65 °C", "58 °C"],
            ["p206", "Oil temperature trip", "50 to 75 °C", "66 °C"],
            ["p210", "Dither frequency of YV1", "80 to 300 Hz", "210 Hz"],
            ["p305", "Bus address (Profinet name suffix)", "1 to 126", "17"],
            ["p330", "Leakage supervision", "OFF, WARN, TRIP", "WARN"],
        ],
        [52, 200, 112, 102],
    )
    manual.section("First start")
    manual.steps(
        "Set p101 to 50 bar and enable the controller with key switch S2.",
        "Check the direction of rotation: clockwise, seen on the shaft end.",
        "Run for 20 minutes at 50 bar and inspect all fittings for leaks.",
        "Raise the setpoint in steps of 40 bar, staying 5 minutes on each step.",
        "Record the case drain flow at 210 bar. A new P4-45 must stay below 2.4 L/min.",
        "Enter the values in the commissioning record, form 410-9107.",
    )
